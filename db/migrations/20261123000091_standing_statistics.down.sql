drop statistics programmes_days, programme_blocks_days;
