//! XML and SOAP, held against a decoder of the tests' own: the same values, or the same error.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use adapter_core::value::{Arena, DecodeError, Decoder, Keep, NameTable, Names, Undecoded, Value};

use super::{DEPTH, Target, apart, canonical, json_twin, outcome, soap, xml};
use crate::make::elements;
use crate::plain::xml::Met;
use crate::plain::{self, Plain, Rules};

pub const TARGET: Target = Target {
    name: "xml-twin",
    seeds,
    make: Some(elements::make),
    pieces: xml::PIECES,
    pairs: xml::PAIRS,
    share: 4,
    check,
};

/// Names that are read, and whether all is kept under them. Two of them the engine's hash does not tell apart.
const NAMES: &[(&str, bool)] = &[
    ("code", false),
    ("id", false),
    ("row", false),
    ("deep", true),
    ("year", false),
    ("staIscrCod", false),
    ("staXscrCod", false),
    ("città", false),
    ("faultcode", false),
    ("aNameThatIsLongerThanSixteenBytes", false),
];

/// The same with names of attributes and in namespaces, which are looked for only where there are some.
static MARKED: LazyLock<Vec<(&str, bool)>> = LazyLock::new(|| {
    let marked = [
        ("{urn:1}code", false),
        ("{urn:2}x", true),
        ("@k", false),
        ("{urn:1}@k", false),
        ("@nil", false),
        ("{http://www.w3.org/2001/XMLSchema-instance}@type", false),
    ];
    NAMES.iter().copied().chain(marked).collect()
});

static TABLES: LazyLock<[Arc<NameTable>; 2]> = LazyLock::new(|| {
    [NAMES, MARKED.as_slice()]
        .map(|names| Arc::new(NameTable::new(names.iter().map(|(name, deep)| ((*name).to_owned(), *deep)).collect())))
});

/// How each document is decoded: with the marked names or without, with references of envelopes followed or not.
fn ways() -> [(Decoder<'static>, bool, bool); 6] {
    let whole = Decoder::whole(DEPTH);
    let none = json_twin::NONE.as_slice();
    [
        (Decoder { keep: Keep::Named, ..whole }, false, true),
        (Decoder { keep: Keep::Named, blank_to_null: true, ..whole }, true, false),
        (whole, true, true),
        (Decoder { blank_to_null: true, none, depth: 5, ..whole }, false, false),
        (Decoder { keep: Keep::Named, blank_to_null: true, trim: true, none, ..whole }, false, false),
        (Decoder { keep: Keep::Named, depth: 4, ..whole }, true, true),
    ]
}

fn seeds() -> Vec<Vec<u8>> {
    (xml::TARGET.seeds)().into_iter().chain((soap::TARGET.seeds)()).collect()
}

/// One table's arena, and what the plain decoder knows of it.
struct Side {
    arena: Arena,
    met: Met,
    /// What both have read.
    taken: Vec<(Value, Plain)>,
}

impl Side {
    fn new(marked: bool) -> Self {
        let names = Names::new(Arc::clone(&TABLES[usize::from(marked)]));
        Self { arena: Arena::new(Arc::from(""), names), met: Met::new(), taken: Vec::new() }
    }

    /// What both came to: the number of the error, or 0.
    fn both(
        &mut self,
        what: &str,
        ours: Result<Vec<Value>, Undecoded>,
        theirs: Result<Vec<Plain>, DecodeError>,
    ) -> u64 {
        match (ours.map_err(|error| error.why.broad()), theirs) {
            (Ok(ours), Ok(theirs)) => {
                self.taken.extend(ours.into_iter().zip(theirs));
                0
            }
            (Err(ours), Err(theirs)) => {
                assert!(ours == theirs, "{what} is refused as {ours:?}, and is {theirs:?}");
                1 + ours as u64
            }
            (Ok(_), Err(theirs)) => panic!("{what} is taken, and is {theirs:?}"),
            (Err(ours), Ok(_)) => panic!("{what} is refused as {ours:?}, and is sound"),
        }
    }

    /// Only at the end, so that what was decoded later cannot have changed what was decoded before.
    fn compare(&self) -> Vec<u8> {
        let mut first = Vec::new();
        for (value, tree) in &self.taken {
            let ours = canonical(&self.arena, *value);
            plain::same(&ours, tree);
            assert!(self.same(*value, tree), "node sets are not where they should be");
            first = if first.is_empty() { ours } else { first };
        }
        first
    }

    /// Whether node sets are where they should be: written, one node alone is what it is.
    fn same(&self, value: Value, tree: &Plain) -> bool {
        match (value, tree) {
            (Value::Nodes(span), Plain::Nodes(nodes)) => {
                let elements = self.arena.elements(span);
                elements.len() == nodes.len() && elements.iter().zip(nodes).all(|(a, b)| self.same(*a, b))
            }
            (Value::Record(span), Plain::Record(members)) => {
                let entries = self.arena.entries(span);
                entries.len() == members.len() && entries.iter().zip(members).all(|((_, a), (_, b))| self.same(*a, b))
            }
            (Value::Text(_), Plain::Text(_)) | (Value::Null, Plain::Null) => true,
            _ => false,
        }
    }
}

fn check(input: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(input).into_owned();
    let (mut kind, mut shape) = (0_u64, Vec::new());
    let mut sides = [Side::new(false), Side::new(true)];
    for (decoder, marked, encoded) in ways() {
        let names = if marked { MARKED.as_slice() } else { NAMES };
        let rules = Rules::of(&decoder, names);
        let side = &mut sides[usize::from(marked)];
        let ours = decoder.decode_xml(&mut side.arena, text.clone());
        let theirs = plain::xml::decode(&rules, &mut side.met, &text);
        let mut end = side.both("a document", ours.map(|value| vec![value]), theirs.map(|tree| vec![tree]));
        // Everything else is refused at its root.
        if text.contains("Envelope") {
            let ours = decoder.decode_soap(&mut side.arena, text.clone(), encoded, &[]);
            let ours = ours.map(|e| vec![e.body, e.result, e.fault]);
            let theirs = plain::soap::decode(&rules, &mut side.met, &text, encoded);
            let theirs = theirs.map(|e| vec![e.body, e.result, e.fault]);
            end = end.max(side.both(if encoded { "an rpc/encoded envelope" } else { "an envelope" }, ours, theirs));
        }
        kind = (kind << 3) | end;
        if end > 0 {
            // Which names were met before the error is nobody's.
            shape = side.compare();
            *side = Side::new(marked);
        }
    }
    for side in &sides {
        shape = [shape, side.compare()].into_iter().find(|shape| !shape.is_empty()).unwrap_or_default();
    }
    // Where names are looked for with and without their namespaces, one element may stand under both.
    if let Some((value, _)) = sides[0].taken.first() {
        apart(&sides[0].arena, *value, &mut BTreeSet::new());
    }
    outcome(kind, if shape.is_empty() { input } else { &shape }) ^ (kind << 24)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::chance::Chance;

    #[test]
    fn what_is_made_is_often_sound_and_meets_every_end() {
        let mut chance = Chance::new(3);
        let mut ends: BTreeMap<String, usize> = BTreeMap::new();
        for _ in 0..2_000 {
            let text = String::from_utf8_lossy(&elements::make(&mut chance)).into_owned();
            for (decoder, marked, encoded) in ways() {
                let names = if marked { MARKED.as_slice() } else { NAMES };
                let rules = Rules::of(&decoder, names);
                let end = plain::xml::decode(&rules, &mut Met::new(), &text).map(drop);
                *ends.entry(format!("{end:?}")).or_default() += 1;
                if text.contains("Envelope") {
                    let end = match plain::soap::decode(&rules, &mut Met::new(), &text, encoded) {
                        Ok(envelope) if envelope.fault != Plain::Null => "fault".to_owned(),
                        Ok(envelope) if envelope.result != Plain::Null => "result".to_owned(),
                        end => format!("{:?}", end.map(drop)),
                    };
                    *ends.entry(format!("{encoded} {end}")).or_default() += 1;
                }
            }
        }
        let times = |end: &str| ends.get(end).copied().unwrap_or(0);
        for (end, least) in [
            ("Ok(())", 4_000),
            ("Err(Syntax)", 1_000),
            ("Err(Depth)", 400),
            ("false fault", 100),
            ("false result", 200),
            ("false Err(Syntax)", 200),
            ("true fault", 100),
            ("true result", 200),
            ("true Err(Syntax)", 200),
            ("true Err(Depth)", 10),
        ] {
            assert!(times(end) > least, "{end}: {ends:?}");
        }
    }
}
