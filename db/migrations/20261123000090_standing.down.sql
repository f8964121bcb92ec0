drop trigger programme_to_check_again on programmes;
drop trigger programme_to_check on programmes;
drop function programme_to_check_again();
drop function programme_to_check();
drop index programmes_standing;
drop table checked_rules, rule_titles, programme_blocks, programme_checks;
