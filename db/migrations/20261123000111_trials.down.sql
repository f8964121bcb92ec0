drop table rule_trial_differences;
drop table rule_trials;
