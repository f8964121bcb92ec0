drop table rule_processes;
