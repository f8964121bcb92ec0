drop table bulk_move_items;
drop table bulk_moves;
