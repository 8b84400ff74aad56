//! Rows as a real register has them: names, dates, codes and free text that differ from row to row, some with accents
//! and some with what JSON and XML must escape. Made by a generator of fixed seed, the same on every machine.

use std::collections::BTreeSet;

use super::repeating::{INTS, TEXTS, WRAPPED};
use super::{Cell, ROWS, Row};

/// Words of names and descriptions.
const WORDS: [&str; 48] = [
    "Ingegneria",
    "Scienze",
    "Storia",
    "Lingue",
    "Attività",
    "Società",
    "Università",
    "Diritto",
    "Economia",
    "Chimica",
    "Fisica",
    "Psicologia",
    "Architettura",
    "Filosofia",
    "Lettere",
    "Medicina",
    "dell'Educazione",
    "Ambiente",
    "Territorio",
    "Biologia",
    "Farmacia",
    "Comunicazione",
    "Informatica",
    "Matematica",
    "Statistica",
    "Moda",
    "Qualità",
    "Caffè",
    "Paesaggio",
    "Restauro",
    "Musica",
    "Archeologia",
    "Sviluppo",
    "Mobilità",
    "Servizi",
    "Sociale",
    "Turismo",
    "Impresa",
    "Mercati",
    "Finanza",
    "Però",
    "Motorie",
    "Veterinaria",
    "Agraria",
    "Naturali",
    "Politiche",
    "Là",
    "Città",
];

/// Surnames, for who wrote a row.
const SURNAMES: [&str; 16] = [
    "rossi", "bianchi", "esposito", "ferrari", "russo", "romano", "colombo", "ricci", "marino", "greco", "bruno",
    "gallo", "conti", "deluca", "costa", "giordano",
];

/// The rows of a page.
pub fn rows() -> Vec<Row> {
    let mut chance = Chance(0x1F50_2026_0301);
    let mut seen = BTreeSet::new();
    (0..ROWS).map(|row| one(row, &mut chance, &mut seen)).collect()
}

fn one(row: usize, chance: &mut Chance, seen: &mut BTreeSet<String>) -> Row {
    let number = |number: usize| Cell::Number(number.to_string());
    let mut fresh = |name: &'static str, make: &mut dyn FnMut(&mut Chance) -> Cell| loop {
        let cell = make(chance);
        // Null may stand in many rows: it has no value that could repeat.
        if cell == Cell::Null || seen.insert(format!("{name} {cell:?}")) {
            return (name, cell);
        }
    };
    // The courses in another order than the answer's.
    let course = row * 37 % ROWS;
    let mut members = vec![
        ("aaIscrId", number(2025)),
        ("cdsId", number(10_000 + course)),
        fresh("cdsCod", &mut |c| Cell::Text(c.code(1, 3))),
        ("aaRegId", number(2024)),
        fresh("sedeId", &mut |c| Cell::Number(format!("{}.0", c.below(900)))),
        ("claMurstCod", Cell::Text("L-8".to_owned())),
        ("annoCorso", number(1 + row * 7 % 5)),
        ("condFlg", number(usize::from(row % 11 == 3))),
        ("staIscrCod", Cell::Wrapped(["A", "A", "S", "A", "X"][row * 3 % 5].to_owned())),
    ];
    members.extend(
        TEXTS.iter().map(|(name, _)| {
            fresh(name, &mut |c| if absent(name, c) { Cell::Null } else { Cell::Text(text(name, c)) })
        }),
    );
    members.extend(INTS.iter().enumerate().map(|(place, name)| {
        fresh(name, &mut |c| match place % 9 {
            8 if c.below(2) == 0 => Cell::Null,
            4 => Cell::Number(c.between(200, 999).to_string()),
            _ => Cell::Number(c.between(100, 9_999).to_string()),
        })
    }));
    members.extend(WRAPPED.iter().map(|(name, _)| fresh(name, &mut |c| Cell::Wrapped(c.code(1, 2)))));
    members.push(fresh("valoreMin", &mut |c| Cell::Text(format!("{}", c.between(60, 360)))));
    members.push(fresh("valoreMax", &mut |c| Cell::Number(format!("{}.{}", c.between(60, 360), c.between(1, 9)))));
    members
}

/// Whether a row has no such text: few have left, or been suspended.
fn absent(name: &str, chance: &mut Chance) -> bool {
    match name {
        "dataChiusura" | "dataSosp" | "motStaiscrCod" | "motStaiscrDes" => chance.below(4) > 0,
        "note" => chance.below(2) > 0,
        _ => false,
    }
}

/// A text of the kind its member's name says.
fn text(name: &str, chance: &mut Chance) -> String {
    match name {
        "matricola" => format!("{:010}", chance.between(700_000, 999_999)),
        "note" => note(chance),
        "usrIns" | "usrMod" => {
            format!("{}{}", SURNAMES[chance.below(SURNAMES.len())], chance.below(90))
        }
        _ if name.starts_with("data") => format!(
            "{:02}/{:02}/20{} {:02}:{:02}:{:02}",
            chance.between(1, 28),
            chance.between(1, 12),
            chance.between(19, 26),
            chance.between(7, 19),
            chance.below(60),
            chance.below(60)
        ),
        "cdsDes" => words(2, chance),
        _ if name.contains("Des") => words(1, chance),
        _ => chance.code(1, 3),
    }
}

fn words(count: usize, chance: &mut Chance) -> String {
    let words: Vec<&str> = (0..count).map(|_| WORDS[chance.below(WORDS.len())]).collect();
    // Few words alone would soon repeat.
    if count == 1 { format!("{} {}", words[0], chance.between(10, 99)) } else { words.join(" ") }
}

/// What somebody typed: now and then with quotes, a new line, or a slash.
fn note(chance: &mut Chance) -> String {
    let (a, b) = (words(1, chance), words(1, chance));
    match chance.below(5) {
        0 => format!("{a} \"{b}\""),
        1 => format!("{a}\n{b}"),
        2 => format!("{a}/{b}"),
        3 => format!("{a} è {b}"),
        _ => format!("{a} & {b}"),
    }
}

/// Numbers that look like chance: splitmix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap_or(1)).unwrap_or(0)
    }

    fn between(&mut self, least: usize, greatest: usize) -> usize {
        least + self.below(greatest - least + 1)
    }

    /// Capital letters and digits behind them.
    fn code(&mut self, letters: usize, digits: usize) -> String {
        let mut code = String::new();
        for _ in 0..letters {
            code.extend(char::from_u32(0x41 + u32::try_from(self.below(26)).unwrap_or(0)));
        }
        for _ in 0..digits {
            code.extend(char::from_digit(u32::try_from(self.below(10)).unwrap_or(0), 10));
        }
        code
    }
}
