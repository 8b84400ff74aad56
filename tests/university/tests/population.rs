//! The population: deterministic, coherent, and with every kind of student.

// A test fails by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use time::{Date, Month};
use university::population::{CareerState, FIRST_CAREER, FIRST_RARE, FinalMark};
use university::tax_code::{Sex, TaxCode};
use university::{DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY, Kind, Population, academic_year_of, oracle};

fn default() -> Population {
    Population::generate(DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY)
}

/// FNV-1a over what the oracle answers: a number that must not move with machine or crate version.
fn digest(population: &Population) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for student in population.students().iter().take(FIRST_RARE) {
        let oracle::Expected::Answer(bytes) = oracle::ifs02_1(population, student.tax_code(), DEFAULT_TODAY) else {
            panic!("a student of the population is known");
        };
        for byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[test]
fn the_same_seed_gives_the_same_people() {
    assert_eq!(default(), default());
    assert_ne!(
        default().students()[0].tax_code(),
        Population::generate(DEFAULT_SEED + 1, DEFAULT_STUDENTS, DEFAULT_TODAY).students()[0].tax_code()
    );
    // A smaller population is the beginning of a greater one.
    let small = Population::generate(DEFAULT_SEED, 60, DEFAULT_TODAY);
    assert_eq!(small.students(), &default().students()[..60]);
}

#[test]
fn a_population_is_pinned() {
    // Written down once; a change here changes every fingerprint a walk has given out.
    assert_eq!(digest(&default()), PINNED, "{:#x}", digest(&default()));
}

const PINNED: u64 = 0x44e4_2941_ebf7_8af1;

#[test]
fn sizes_are_held_between_10_and_200_000() {
    assert_eq!(Population::generate(1, 0, DEFAULT_TODAY).students().len(), 10);
    assert_eq!(Population::generate(1, 37, DEFAULT_TODAY).students().len(), 37);
}

#[test]
fn ten_students_show_the_first_ten_kinds_and_the_traits() {
    let ten = Population::generate(DEFAULT_SEED, 10, DEFAULT_TODAY);
    let kinds: Vec<Kind> = ten.students().iter().map(|student| student.kind).collect();
    assert_eq!(kinds, Kind::ALL[..10]);
    let people = || ten.students().iter().map(|student| student.person);
    assert!(people().any(|person| person.birthplace.town.is_none()), "born abroad");
    assert!(people().any(|person| person.omocodia > 0), "omocodia");
    assert!(people().any(|person| !person.family.is_ascii() || person.family.contains('\'')), "marked name");
}

#[test]
fn every_kind_is_there_and_says_what_is_special() {
    let population = default();
    let mut counts: HashMap<Kind, usize> = HashMap::new();
    for student in population.students() {
        *counts.entry(student.kind).or_default() += 1;
    }
    for kind in Kind::ALL {
        let count = counts.get(&kind).copied().unwrap_or(0);
        assert!(count > 0, "{}", kind.name());
        assert!(!kind.is_single() || count == 1, "{}", kind.name());
        assert_eq!(kind.sentence().is_none(), kind == Kind::Ordinary);
        assert!(population.first(kind).unwrap().special().is_some() || kind == Kind::Ordinary);
    }
    for (index, kind) in Kind::RARE.into_iter().enumerate() {
        let student = &population.students()[FIRST_RARE + index];
        assert!(student.kind == kind && student.special().is_some() && !kind.name().is_empty(), "{kind:?}");
    }
    assert_eq!(population.first(Kind::FiftyCareers).unwrap().careers.len(), 50);
    assert_eq!(population.first(Kind::HundredRows).unwrap().careers[0].years.len(), 100);
    assert_eq!(population.first(Kind::ManyRows).unwrap().careers[0].years.len(), 137);
    let names: HashSet<&str> = Kind::ALL.iter().chain(&Kind::RARE).map(|kind| kind.name()).collect();
    assert_eq!(names.len(), Kind::ALL.len() + Kind::RARE.len());
}

/// The contract's P-CF, letter by letter, for the shapes that can occur.
fn fits_p_cf(code: &str) -> bool {
    let bytes = code.as_bytes();
    let vowel = |byte: u8| b"AEIOU".contains(&byte);
    let part = |at: usize| {
        let (a, b, c) = (bytes[at], bytes[at + 1], bytes[at + 2]);
        let letters = [a, b, c].iter().all(u8::is_ascii_uppercase);
        letters && ((vowel(b) && (vowel(c) || c == b'X')) || (!vowel(a) && !vowel(b)))
    };
    let digit = |at: usize| bytes[at].is_ascii_digit() || b"LMNPQRSTUV".contains(&bytes[at]);
    let month = b"ABCDEHLMPRST".contains(&bytes[8]);
    let place = bytes[11].is_ascii_uppercase() && (bytes[11] <= b'M' || bytes[11] == b'Z');
    bytes.len() == 16
        && part(0)
        && part(3)
        && [6, 7, 9, 10, 12, 13, 14].into_iter().all(digit)
        && month
        && place
        && bytes[15].is_ascii_uppercase()
}

#[test]
fn tax_codes_are_valid_unique_and_of_their_people() {
    let population = default();
    let mut all = HashSet::new();
    for student in population.students() {
        let person = &student.person;
        let code = student.tax_code();
        assert!(TaxCode::check(code) && fits_p_cf(code));
        assert!(all.insert(code.to_owned()));
        assert_eq!(population.by_tax_code(code), Some(student));
        assert_eq!(population.by_person_id(student.person_id), Some(student));
        assert_eq!(code.as_bytes()[11] == b'Z', person.birthplace.town.is_none());
        assert_eq!(code[6..15].bytes().filter(u8::is_ascii_digit).count(), 7 - person.omocodia);
        if person.omocodia == 0 {
            let day: u8 = code[9..11].parse().unwrap();
            assert_eq!(day, person.born.day() + if person.sex == Sex::Female { 40 } else { 0 });
        }
    }
    assert_eq!(population.unknown().len(), university::population::UNKNOWN);
    for code in population.unknown() {
        assert!(TaxCode::check(code) && fits_p_cf(code) && all.insert(code.clone()));
        assert_eq!(population.by_tax_code(code), None);
    }
    assert_eq!(population.by_tax_code("short"), None);
}

#[test]
fn careers_and_rows_are_coherent() {
    let population = default();
    let current = academic_year_of(DEFAULT_TODAY);
    let (mut stu_id, mut rows) = (FIRST_CAREER, HashSet::new());
    for student in population.students() {
        for career in &student.careers {
            assert_eq!(career.stu_id, stu_id, "careers are numbered without gaps");
            assert_eq!(population.by_stu_id(stu_id), Some((student, career)));
            stu_id += 1;
            let age = i32::from(career.cohort) - student.person.born.year();
            assert!(career.begun.is_some() || student.kind == Kind::NoBeginning);
            assert!(career.first <= career.begun.unwrap_or(career.first));
            assert!(age >= 17, "{} is {age} at matriculation", student.kind.name());
            assert!(career.cohort <= current || student.kind == Kind::AdmittedAhead);
            let years: Vec<u16> = career.years.iter().filter_map(|row| row.year).collect();
            assert!(years.is_sorted(), "{}: oldest first", student.kind.name());
            assert!(years.iter().all(|year| (career.cohort.min(years[0])..=current + 1).contains(year)));
            for row in &career.years {
                assert!(rows.insert(row.id) || student.kind == Kind::DuplicateRows);
            }
            if let CareerState::Graduated(title) = career.state {
                let awarded = title.awarded();
                assert_eq!(awarded.is_none(), student.kind == Kind::TitleUndated);
                assert!(awarded.is_none_or(|day| day <= DEFAULT_TODAY && day.year() > i32::from(career.cohort)));
                assert!(!matches!(title.mark(), FinalMark::Tenths(tenths) if !(660..1100).contains(&tenths)));
            }
        }
    }
    assert_eq!(population.by_stu_id(stu_id), None);
    assert_eq!(population.by_stu_id(1), None);
}

#[test]
fn every_rule_of_ifs02_1_fires() {
    let population = default();
    let fired = oracle::fired(&population, DEFAULT_TODAY);
    println!("{fired}");
    assert_eq!(fired.never(), Vec::<&str>::new());
    assert_eq!(oracle::ifs02_1(&population, &population.unknown()[0], DEFAULT_TODAY), oracle::Expected::Unknown);
}

/// Decisions that nobody of the population leads to: scenarios and tests beside the oracle do.
const NOT_HERE: &[&str] = &[];

#[test]
fn every_rule_of_every_operation_fires() {
    let population = default();
    for operation in oracle::Institute::University.operations() {
        let fired = operation.fired(&population, DEFAULT_TODAY);
        println!("{}\n{fired}", operation.name);
        let never: Vec<&str> = fired.never().into_iter().filter(|name| !NOT_HERE.contains(name)).collect();
        assert_eq!(never, Vec::<&str>::new(), "{}", operation.name);
        let unknown = oracle::Question::person(&population.unknown()[0]);
        let expected = operation.expected(&population, &unknown, DEFAULT_TODAY);
        assert!(expected.is_none_or(|expected| expected == oracle::Expected::Unknown));
    }
}

#[test]
fn every_rule_of_ifs02_3_fires() {
    let population = default();
    let fired = oracle::fired_ifs02_3(&population, DEFAULT_TODAY);
    println!("{fired}");
    assert_eq!(fired.never(), Vec::<&str>::new());
    assert_eq!(oracle::ifs02_3(&population, &population.unknown()[0], DEFAULT_TODAY), oracle::Expected::Unknown);
}

#[test]
fn every_rule_of_ifs01_1_fires_and_a_page_is_enough() {
    let fired = oracle::fired_ifs01_1();
    println!("{fired}");
    assert_eq!(fired.never(), Vec::<&str>::new());
    for year in 2015..=2027 {
        let items = String::from_utf8(oracle::ifs01_1(year)).unwrap().matches("course_location").count();
        assert!(items <= 256 && (items > 100) == (2016..=2026).contains(&year), "{year}: {items}");
    }
}

/// How many items the oracle answers for the first student of a kind.
#[test]
fn each_kind_answers_what_it_is_there_for() {
    let population = default();
    let items = |kind: Kind| {
        let code = population.first(kind).unwrap().tax_code();
        match oracle::ifs02_1(&population, code, DEFAULT_TODAY) {
            oracle::Expected::Answer(bytes) => String::from_utf8(bytes).unwrap(),
            _ => panic!("{}", kind.name()),
        }
    };
    let count = |kind: Kind| items(kind).matches("institute_code").count();
    let none = [
        Kind::NoCareers,
        Kind::NoEnrolments,
        Kind::OutsideWindow,
        Kind::LastStatusUnknown,
        Kind::LastYearMissing,
        Kind::NoParentCode,
        Kind::NothingValuable,
        Kind::NoProgrammeType,
        Kind::CodeTooLong,
        Kind::ClassBlank,
    ];
    for kind in Kind::ALL {
        let expected = match kind {
            kind if none.contains(&kind) => 0,
            Kind::TwoCareers | Kind::CourseChanged | Kind::ClassChanged => 2,
            Kind::FiftyCareers => 50,
            _ => 1,
        };
        assert_eq!(count(kind), expected, "{}", kind.name());
        assert!(expected != 0 || items(kind).ends_with(r#""enrollments":[]}"#));
    }
    assert!(items(Kind::Conditional).contains(r#""status":"wait""#));
    assert!(items(Kind::Suspended).contains(r#""status":"wait""#));
    assert!(items(Kind::Cancelled).contains(r#""status":"inactive""#));
    assert!(items(Kind::ClassMissing).contains(r#""degree_class_code":null"#));
    assert!(items(Kind::LastNotListed).contains("2024/2025"));
    assert!(items(Kind::NotYetBegun).contains("2025/2026"));
    assert!(items(Kind::HundredRows).contains(r#""degree_course_year":3,"status":"active""#));
}

#[test]
fn the_day_moves_the_window() {
    let population = default();
    let code = population.first(Kind::NotYetBegun).unwrap().tax_code();
    let later = Date::from_calendar_date(2026, Month::October, 1).unwrap();
    let before = Date::from_calendar_date(2026, Month::September, 30).unwrap();
    let year = |today| match oracle::ifs02_1(&population, code, today) {
        oracle::Expected::Answer(bytes) => String::from_utf8(bytes).unwrap().contains("2026/2027"),
        _ => panic!(),
    };
    assert!(!year(before) && year(later));
}

#[test]
fn two_hundred_thousand_students_in_seconds() {
    let started = Instant::now();
    let population = Population::generate(DEFAULT_SEED, 200_000, DEFAULT_TODAY);
    let took = started.elapsed();
    let rows: usize =
        population.students().iter().flat_map(|student| &student.careers).map(|career| career.years.len()).sum();
    let resident = resident_mib();
    println!("200,000 students, {rows} rows in {took:?}, {resident:?} MiB resident");
    assert_eq!(population.students().len(), 200_000);
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(resident.is_none_or(|mib| mib < 600), "{resident:?} MiB");
}

/// Resident memory of this process, where the system tells.
fn resident_mib() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<usize>().ok()? / 1024)
}
