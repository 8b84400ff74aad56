//! The simulator's command line. It prints personal values only where that is what was asked for (`students`,
//! `oracle`, both synthetic); `serve` prints its address and nothing else.

use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use university::oracle::{Expected, Institute};
use university::{DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY, Date, Options, Population, Server, tables};

const USAGE: &str = "\
university serve    [--port P] [--students N] [--seed S] [--today YYYY-MM-DD] [--user U] [--password W]
                    [--session-lasts SECONDS]
university students [--students N] [--seed S] [--today YYYY-MM-DD]
university oracle   [--students N] [--seed S] [--today YYYY-MM-DD] [--fired] [--afam] [--of OPERATION]
university tables   --out DIR [--afam] [--own]

serve     plays the legacy systems on 127.0.0.1 until it is killed: /e3rest/api, /services/ESSE3WS,
          /service2/didattica.asmx, /afam
students  lists the population, one JSON line a student
oracle    prints the expected answers of an operation (IFS02.1 unless --of says another), one JSON line a student, an
          academic year or a course, or with --fired how often each of its rules decided
tables    writes the pack's copies of the Ministry's code sets, or with --own the lists that the university keeps itself

With --afam both speak of the conservatory in place of the university.
";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    match Args::parse(words).and_then(|args| run(&command, &args)) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads us may have enough before we are done.
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Io(error)) => {
            eprintln!("university: {error}");
            ExitCode::FAILURE
        }
        Err(Failure::Usage(what)) => {
            eprintln!("university: {what}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

enum Failure {
    Io(io::Error),
    Usage(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What may stand after the command.
struct Args {
    options: Options,
    students: usize,
    seed: u64,
    today: Date,
    out: Option<String>,
    fired: bool,
    afam: bool,
    own: bool,
    operation: String,
}

impl Args {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut args = Self {
            options: Options::default(),
            students: DEFAULT_STUDENTS,
            seed: DEFAULT_SEED,
            today: DEFAULT_TODAY,
            out: None,
            fired: false,
            afam: false,
            own: false,
            operation: "IFS02.1".to_owned(),
        };
        while let Some(name) = words.next() {
            if name == "--fired" {
                args.fired = true;
                continue;
            }
            if name == "--afam" {
                args.afam = true;
                continue;
            }
            if name == "--own" {
                args.own = true;
                continue;
            }
            let Some(value) = words.next() else { return Err(Failure::Usage(format!("{name} needs a value"))) };
            let wrong = || Failure::Usage(format!("{name}: not a fitting value"));
            match name.as_str() {
                "--port" => args.options.port = value.parse().map_err(|_| wrong())?,
                "--user" => args.options.user = value,
                "--password" => args.options.password = value,
                "--session-lasts" => {
                    args.options.session_lasts = Duration::from_secs(value.parse().map_err(|_| wrong())?);
                }
                "--students" => args.students = value.parse().map_err(|_| wrong())?,
                "--seed" => args.seed = value.parse().map_err(|_| wrong())?,
                "--today" => args.today = day(&value).ok_or_else(wrong)?,
                "--of" => args.operation = value,
                "--out" => args.out = Some(value),
                _ => return Err(Failure::Usage(format!("unknown option {name}"))),
            }
        }
        Ok(args)
    }

    fn population(&self) -> Population {
        Population::generate(self.seed, self.students, self.today)
    }
}

/// `YYYY-MM-DD`.
fn day(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let month = time::Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

fn run(command: &str, args: &Args) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    match command {
        "serve" => {
            let options = Options { seen_limit: 0, ..args.options.clone() };
            let server = Server::start(Arc::new(args.population()), options)?;
            writeln!(out, "listening http://{}", server.addr())?;
            out.flush()?;
            loop {
                std::thread::park();
            }
        }
        "students" => {
            let population = args.population();
            for student in population.students() {
                let line = json!({
                    "tax_code": student.tax_code(), "kind": student.kind.name(), "special": student.special()
                });
                writeln!(out, "{line}")?;
            }
            for tax_code in population.unknown() {
                let special = "A valid tax code the university does not know: 400.";
                writeln!(out, "{}", json!({ "tax_code": tax_code, "kind": "unknown", "special": special }))?;
            }
        }
        "oracle" => oracle_of(args, &mut out)?,
        "tables" => {
            let Some(folder) = &args.out else { return Err(Failure::Usage("tables needs --out".to_owned())) };
            let write = match (args.own, args.afam) {
                (true, _) => tables::write_own,
                (false, true) => tables::write_afam,
                (false, false) => tables::write,
            };
            write(Path::new(folder))?;
        }
        _ => return Err(Failure::Usage("no such command".to_owned())),
    }
    out.flush()?;
    Ok(())
}

/// What an operation must answer, or how often its rules decided.
fn oracle_of(args: &Args, out: &mut impl io::Write) -> Result<(), Failure> {
    let institute = if args.afam { Institute::Conservatory } else { Institute::University };
    let Some(operation) = institute.operation(&args.operation) else {
        let known: Vec<&str> = institute.operations().iter().map(|operation| operation.name).collect();
        return Err(Failure::Usage(format!("--of: one of {}", known.join(", "))));
    };
    let population = args.population();
    if args.fired {
        write!(out, "{}", operation.fired(&population, args.today))?;
        return Ok(());
    }
    for question in operation.questions(&population, args.today) {
        let mut line = question.members();
        let (status, body) = match operation.expected(&population, &question, args.today) {
            Some(Expected::Answer(bytes)) => (200, Some(bytes)),
            Some(Expected::TooLong) => (500, None),
            Some(Expected::Unknown | Expected::UnknownCourse) | None => (400, None),
        };
        line.insert("status".to_owned(), json!(status));
        if let Some(bytes) = body {
            // As text: the bytes are what counts, and a tree would not keep them.
            line.insert("body".to_owned(), json!(String::from_utf8_lossy(&bytes)));
        }
        writeln!(out, "{}", serde_json::Value::Object(line))?;
    }
    Ok(())
}
