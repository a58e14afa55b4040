mod shipped_rules;
