-- Ages are counted by day. A planner that does not know how few days there are takes each programme for a group of its own, and
-- sorts them all.
create statistics programmes_days on ((stage_entered_at at time zone 'UTC')::date) from programmes;
create statistics programme_blocks_days on ((since at time zone 'UTC')::date) from programme_blocks;
analyze programmes, programme_blocks;
