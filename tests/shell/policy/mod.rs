//! The policy check, as a user runs it.
//!
//! What users of other tools complain about, and the test that shows that it does not happen here:
//!
//! | complaint | test |
//! |---|---|
//! | `git commit -a` passes every check; names come from one index and contents from another | `staged::{commit_all_…, commit_only_…, a_part_of_a_file_…, an_amended_commit_…, the_first_commit_…, a_merge_…}`, `staged::law`, `staged_check::the_check_of_what_is_staged_is_…` |
//! | a hook fails on the temporary index of `--only`, and its children damage the index | `staged::commit_only_…`, `staged_check::commands::a_command_runs_on_its_events_and_knows_nothing_of_the_index_…` |
//! | changes that are not staged are lost by stashing them | `staged::the_work_tree_the_index_and_the_stash_are_not_touched` |
//! | hooks of a global folder are overwritten, those of a work tree or tracked ones fail silently | `hooks::folders`, `hooks::status` |
//! | a hook is skipped in a graphical client, where `PATH` differs | `hooks::scripts::{without_its_program_…, without_any_program_…}` |
//! | prose with the word of a directive, or a blank too many, switches all rules off | `core/src/policy/findings/tests.rs`: `a_directive_stands_first_in_a_comment_and_names_a_rule_and_a_reason` |
//! | a directive two lines above a finding, or within it, does nothing | the same file: `a_comment_suppresses_its_statement_or_the_next_one`; `tests/properties/policy/findings.rs`: `blank_lines_between_…` |
//! | prose is read as a directive, and `*/` as a part of the name of the rule | the same file: `a_directive_stands_first_…`, for each form of a comment |
//! | a new secret in the line of an accepted one is hidden, and redaction hides that it changed | `check::baseline::a_new_secret_in_a_line_with_an_old_one_is_new_…` |
//! | GitHub refuses a log with a rule twice or a column 0 | `tests/golden/policy/sarif.rs`: `every_log_conforms_to_the_schema_of_oasis`; `tests/properties/policy/findings.rs`: `every_text_and_path_…` |
//! | an own `primaryLocationLineHash` always causes a warning | `check::formats::sarif_is_one_document_with_the_fingerprints_of_the_findings` |
//! | excludes do not hold for files that are named, as hooks name them | `check::selection::excludes_hold_for_files_that_are_named_as_arguments` |

mod check;
mod hooks;
mod page;
mod range;
mod repository;
mod staged;
mod staged_check;
mod watch;
