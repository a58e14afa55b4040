//! The arguments of a command line as a layer.

use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use super::*;

#[derive(Parser, Serialize)]
struct Arguments {
    #[arg(long, short, default_value_t = 8080)]
    port: u16,
    #[arg(long)]
    ratio: Option<f64>,
    names: Vec<String>,
    #[command(flatten)]
    database: DatabaseArguments,
    /// No setting.
    #[arg(long)]
    #[serde(skip)]
    verbose: bool,
}

#[derive(clap::Args, Serialize)]
struct DatabaseArguments {
    #[arg(long = "db-host")]
    host: Option<String>,
    #[arg(short = 'w')]
    password: Option<String>,
}

fn parse(words: &[&str]) -> (Arguments, clap::ArgMatches) {
    let matches = Arguments::command().get_matches_from([&["app"], words].concat());
    (Arguments::from_arg_matches(&matches).unwrap(), matches)
}

#[test]
fn only_arguments_that_were_given_override_and_each_origin_is_its_option() {
    let app = TestApp::new();
    let (arguments, matches) = parse(&["--db-host", "db", "-w", "hunter2", "a", "b", "--verbose"]);
    let builder = app.builder().defaults_toml("port = 80\n").arguments(&arguments, &matches);
    let config = builder.open().unwrap();
    assert_eq!(
        app.origins(&config),
        "database.host = \"db\"               # --db-host\ndatabase.password = \"[redacted]\"   # -w\n\
         names = [\"a\", \"b\"]                 # <NAMES>\nport = 80                          # defaults:1:8\n"
    );
    let (arguments, matches) = parse(&["-p", "8080"]);
    let builder = app.builder().defaults_toml("port = 80\n").arguments(&arguments, &matches);
    assert_eq!(
        app.origins(&builder.open().unwrap()),
        "port = 8080   # --port\n",
        "also the default, if typed"
    );
}

#[test]
fn a_mistake_names_the_option() {
    let app = TestApp::new();
    let (arguments, matches) = parse(&["--port", "1"]);
    let builder = app.builder().arguments(&arguments, &matches).validate(|settings| match settings.port {
        0..1024 => Err(vec![("port", "a port from 1024 on is expected")]),
        _ => Ok(()),
    });
    insta::assert_snapshot!(builder.open().unwrap_err(), @r"
    error[rule/refused]: port: a port from 1024 on is expected
     --> --port

    1 error
    ");
}

#[test]
fn a_field_without_an_argument_is_refused_when_the_configuration_is_opened() {
    #[derive(Parser, Serialize)]
    struct Wrong {
        #[arg(long)]
        #[serde(rename = "prot")]
        port: u16,
    }
    let matches = Wrong::command().get_matches_from(["app", "--port", "1"]);
    let wrong = Wrong::from_arg_matches(&matches).unwrap();
    insta::assert_snapshot!(TestApp::new().builder().arguments(&wrong, &matches).open().unwrap_err(), @r"
    error[override/key]: prot: the command line has no argument `prot`
     = help: give the argument the same `id` as the field, or skip the field when it is serialized

    1 error
    ");
}

#[test]
fn values_override_with_one_name_in_the_order_of_the_calls_and_keep_their_types() {
    #[derive(Serialize)]
    struct Values {
        names: Vec<&'static str>,
        labels: BTreeMap<&'static str, &'static str>,
        database: BTreeMap<&'static str, Option<&'static str>>,
    }
    let app = TestApp::new();
    let values = Values {
        names: vec!["00123", "true"],
        labels: BTreeMap::from([("a", "5"), ("b", "null")]),
        database: BTreeMap::from([("host", None)]),
    };
    let builder =
        app.builder().set("names", "x").overrides("command line", &values).set_as("-l", "labels.b", "y");
    let config = builder.open().unwrap();
    assert_eq!(
        app.origins(&config),
        "labels.a = \"5\"              # command line\nlabels.b = \"y\"              # -l\n\
         names = [\"00123\", \"true\"]   # command line\n"
    );
    let error = app.builder().overrides("own", &BTreeMap::from([((1, 2), 3)])).open().unwrap_err();
    assert!(error.to_string().contains("--> own"), "{error}");
}

#[test]
fn a_value_that_was_given_as_a_string_stays_one_where_no_type_is_known() {
    #[derive(Deserialize)]
    struct Outer {
        #[serde(flatten)]
        rest: BTreeMap<String, serde_json::Value>,
    }
    let values = BTreeMap::from([("a", "5")]);
    let config = Config::<Outer>::builder().overrides("own", &values).set("b", "5").open().unwrap();
    assert_eq!(config.load().rest["a"], "5");
    assert_eq!(config.load().rest["b"], 5);
}

#[test]
fn the_variable_of_an_argument_is_its_origin() {
    #[derive(Parser, Serialize)]
    struct WithVariable {
        #[arg(long, env = "PATH")]
        host: Option<String>,
    }
    let matches = WithVariable::command().get_matches_from(["app"]);
    let arguments = WithVariable::from_arg_matches(&matches).unwrap();
    let config = Config::<Database>::builder().arguments(&arguments, &matches).open().unwrap();
    assert_eq!(config.load().host, std::env::var("PATH").unwrap());
    assert_eq!(config.snapshot().explain("host").unwrap().winner.unwrap().to_string(), "PATH");
}
