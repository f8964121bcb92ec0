drop table decisions;
drop table decision_facts;
