drop table history_checks;
