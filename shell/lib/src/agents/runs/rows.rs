//! The rows of runs and of the output of their agents.

use rusqlite::{OptionalExtension as _, params, params_from_iter};
use speckit_core::agents::consensus::Verdict;
use speckit_core::agents::gate::{Output, Run};

use super::{FoundRuns, RunsFilter};
use crate::store::{StoreError, Transaction, integer};

type Result<T> = std::result::Result<T, StoreError>;

const RUNS: &str = "consensus_runs";

/// The values of a new row, computed once however often the transaction is repeated.
pub(super) struct NewRun {
    spec: String,
    stage: String,
    started_at_ms: i64,
    is_ok: bool,
    is_degraded: bool,
    json: String,
    outputs: Vec<NewOutput>,
}

struct NewOutput {
    agent: String,
    model: String,
    output: Output,
    ended_at_ms: i64,
}

impl NewRun {
    pub(super) fn of(run: &Run) -> Result<Self> {
        let json = serde_json::to_string(run)
            .map_err(|error| StoreError::refused(format!("the run cannot be written as JSON: {error}")))?;
        let outputs = run.agents.iter().map(|agent| NewOutput {
            agent: agent.name.clone(),
            model: agent.model.clone(),
            output: agent.output.clone(),
            ended_at_ms: integer(agent.ended_at_ms),
        });
        Ok(Self {
            spec: run.spec.clone(),
            stage: run.stage.clone(),
            started_at_ms: integer(run.started_at_ms),
            is_ok: run.is_ok(),
            is_degraded: run.decision.verdict == Verdict::Degraded,
            json,
            outputs: outputs.collect(),
        })
    }
}

pub(super) fn add(tx: &Transaction<'_>, new: &NewRun, keep: u32) -> Result<i64> {
    let sql =
        "INSERT INTO consensus_runs (spec_id, stage, run_timestamp, consensus_ok, degraded, synthesis_json)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut statement = tx.prepare_cached(sql)?;
    let filed_at_ms = free_time(tx, new)?;
    let values = params![new.spec, new.stage, filed_at_ms, new.is_ok, new.is_degraded, new.json];
    let number = statement.insert(values)?;
    let sql =
        "INSERT INTO agent_outputs (run_id, agent_name, model_version, content, errors, output_timestamp)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut statement = tx.prepare_cached(sql)?;
    for one in &new.outputs {
        let Output { stdout, stderr } = &one.output;
        statement.execute(params![number, one.agent, one.model, stdout, stderr, one.ended_at_ms])?;
    }
    let beyond = "SELECT id FROM consensus_runs ORDER BY id DESC LIMIT 1 OFFSET ?1";
    let sql = format!("DELETE FROM consensus_runs WHERE id <= ({beyond})");
    tx.prepare_cached(&sql)?.execute([keep.max(1)])?;
    Ok(number)
}

/// The first millisecond from its start that no other run of its specification and stage has.
fn free_time(tx: &Transaction<'_>, new: &NewRun) -> Result<i64> {
    let sql = "SELECT 1 FROM consensus_runs WHERE spec_id = ?1 AND stage = ?2 AND run_timestamp = ?3";
    let mut statement = tx.prepare_cached(sql)?;
    let mut time = new.started_at_ms;
    while statement.exists(params![new.spec, new.stage, time])? {
        time = time.checked_add(1).ok_or_else(|| {
            let reason = "the clock of this machine is wrong: it is at the end of time; set it";
            StoreError::refused(reason)
        })?;
    }
    Ok(time)
}

pub(super) fn find(tx: &Transaction<'_>, filter: &RunsFilter) -> Result<FoundRuns> {
    let wanted = [("spec_id", &filter.spec), ("stage", &filter.stage)];
    let wanted = || wanted.iter().filter_map(|(column, text)| Some((column, text.as_ref()?)));
    let conditions: Vec<String> = wanted().map(|(column, _)| format!("{column} = ?")).collect();
    let only =
        if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
    let limit = filter.limit.map_or(String::new(), |limit| format!("LIMIT {limit}"));
    let sql = format!("SELECT id, synthesis_json FROM {RUNS} {only} ORDER BY id DESC {limit}");
    let mut statement = tx.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(wanted().map(|(_, text)| text)))?;
    let mut found = FoundRuns::default();
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        match row
            .get::<_, String>(1)
            .map_err(|error| unreadable(number, error))
            .and_then(|json| read(number, &json))
        {
            Ok(run) => found.runs.push((number, run)),
            Err(error) => found.unreadable.push(error),
        }
    }
    found.runs.reverse();
    found.unreadable.reverse();
    Ok(found)
}

pub(super) fn first_and_last(tx: &Transaction<'_>) -> Result<Option<(i64, i64)>> {
    let sql = "SELECT min(id), max(id) FROM consensus_runs HAVING count(*) > 0";
    let mut statement = tx.prepare_cached(sql)?;
    Ok(statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

pub(super) fn run(tx: &Transaction<'_>, number: i64) -> Result<Option<Run>> {
    let mut statement = tx.prepare_cached("SELECT synthesis_json FROM consensus_runs WHERE id = ?1")?;
    let json = statement.query_row([number], |row| row.get::<_, String>(0)).optional();
    let Some(json) = json.map_err(|error| of_row(number, error))? else { return Ok(None) };
    let mut run = read(number, &json)?;
    let sql = "SELECT agent_name, content, errors FROM agent_outputs WHERE run_id = ?1 ORDER BY id";
    let mut statement = tx.prepare_cached(sql)?;
    let output = |row: &rusqlite::Row<'_>| {
        Ok((row.get::<_, String>(0)?, Output { stdout: row.get(1)?, stderr: row.get(2)? }))
    };
    let outputs: rusqlite::Result<Vec<_>> = statement.query_map([number], output)?.collect();
    let outputs = outputs.map_err(|error| of_row(number, error))?;
    if !outputs.iter().map(|(name, _)| name).eq(run.agents.iter().map(|agent| &agent.name)) {
        return Err(unreadable(number, "the rows of `agent_outputs` are not those of its agents"));
    }
    for (agent, (_, output)) in run.agents.iter_mut().zip(outputs) {
        agent.output = output;
    }
    Ok(Some(run))
}

fn read(number: i64, json: &str) -> Result<Run> {
    serde_json::from_str(json).map_err(|error| unreadable(number, error))
}

/// An error of SQLite concerns the database, and a value that cannot be converted concerns the row.
fn of_row(number: i64, error: rusqlite::Error) -> StoreError {
    match error {
        error @ rusqlite::Error::SqliteFailure(..) => error.into(),
        error => unreadable(number, error),
    }
}

fn unreadable(row: i64, reason: impl ToString) -> StoreError {
    StoreError::Unreadable { table: RUNS, row, reason: reason.to_string() }
}
