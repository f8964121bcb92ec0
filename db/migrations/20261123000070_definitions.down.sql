drop trigger definitions_append_only on definitions;
