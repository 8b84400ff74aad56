//! IFS02.1: identity form, three-year window, latest per course, drops – in that order. Dropping first would let an
//! older enrolment surface as if it were the last.

use super::Fired;
use super::check::{members, names, write_members};
use super::identity::{self, identity};
use super::list::{List, elements, made};
use super::window::{Place, Window};
use crate::contract::{Object, Operation, is_academic_year};
use crate::eval::memory::Memory;
use crate::plan::Plan;
use crate::problem::Code;
use crate::value::{Arena, JsonWriter, Text, Value, sorted_places};

/// Counters of the identity form.
const IDENTITY: identity::Counters = identity::Counters {
    invalid: "IFS02.1.invalid_identity",
    tax_code: "IFS02.1-R1.tax_code",
    fallback: "IFS02.1-R2.fallback",
    incomplete: "IFS02.1-R5.incomplete_identity",
};

/// An enrolment within the window.
struct Item {
    /// Calendar year in which its academic year begins.
    year: i32,
    /// Its canonical bytes, as a range of the written items.
    bytes: std::ops::Range<usize>,
    /// The first mandatory member without value, which drops it (IFS02.1-R4).
    lacks: Option<&'static str>,
    /// Its place in the mapping's list.
    #[cfg(feature = "explain")]
    place: usize,
}

/// Settles an IFS02.1 answer.
pub(super) fn enrollments(
    plan: &Plan,
    operation: &Operation,
    memory: &mut Memory,
    person: Value,
    answer: Value,
    fired: &mut Fired,
) -> Result<Vec<u8>, Code> {
    let List { items: enrollment, max, .. } = List::of(operation.answer, "enrollments")?;
    let identity = identity(&mut memory.arena, operation.answer, person, &IDENTITY, fired)?;
    let elements = elements(&memory.arena, made(&memory.arena, answer, "enrollments")?)?;
    explain! { fired.log.open("enrollments"); }

    let mut written = JsonWriter::default();
    let mut items =
        if identity.complete { window(plan, memory, enrollment, &elements, &mut written, fired)? } else { Vec::new() };
    let written = written.into_bytes();
    let bytes = |item: &Item| written.get(item.bytes.clone()).unwrap_or_default();
    let before = items.len();
    items.retain(|item| match item.lacks {
        Some(rule) => {
            explain! { fired.log.at(Some(item.place)); }
            fired.fire(rule);
            false
        }
        None => true,
    });
    explain! { fired.log.at(None); }
    if before > 0 && items.is_empty() {
        fired.fire("IFS02.1-R4.all_dropped");
    }
    if items.len() > max {
        return Err(Code::LimitAnswerItems);
    }
    let mut w = JsonWriter::default();
    w.object(|w| {
        identity.write(&memory.arena, w);
        w.name("enrollments");
        w.array(|w| {
            for item in &items {
                w.raw(bytes(item));
            }
        });
    });
    Ok(w.into_bytes())
}

/// IFS02.1-S1: enrolments of the last three academic years, the latest of each course; sorted canonically.
fn window(
    plan: &Plan,
    memory: &mut Memory,
    schema: &Object,
    elements: &[Value],
    written: &mut JsonWriter,
    fired: &mut Fired,
) -> Result<Vec<Item>, Code> {
    let window = Window::of(plan, memory);
    let arena = &mut memory.arena;
    let names = names(arena, schema.fields);
    let place = |name: &str| schema.field(name).map_or(usize::MAX, |(at, _)| at);
    let (year_at, course_at, class_at) =
        (place("academic_year"), place("degree_course_code"), place("degree_class_code"));
    let mut values = Vec::with_capacity(schema.fields.len());
    let mut items: Vec<(Text, Item)> = Vec::new();
    for element in elements {
        explain! { fired.log.next(); }
        let Value::Record(span) = element else {
            explain! { fired.log.wrong(arena, Code::MappingAnswer.as_str(), "each", *element, "a record"); }
            return Err(Code::MappingAnswer);
        };
        values.clear();
        members(arena, schema.fields, &names, *span, "IFS02.1.invalid", fired, &mut values)?;
        let text = |at: usize| match values.get(at) {
            Some(Value::Text(text)) => Some(arena.text(*text)),
            _ => None,
        };
        let Some(year) = text(year_at).and_then(is_academic_year).map(i32::from) else {
            fired.fire("IFS02.1-R4.academic_year");
            continue;
        };
        match window.place(i64::from(year)) {
            Place::Inside => {}
            Place::NotBegun => {
                fired.fire("IFS02.1-S1.not_begun");
                continue;
            }
            Place::Older => {
                fired.fire("IFS02.1-S1.window");
                continue;
            }
        }
        // Without its course an enrolment is nobody's last one; it is dropped by itself.
        let Some(&Value::Text(course)) = values.get(course_at) else {
            fired.fire("IFS02.1-R4.degree_course_code");
            continue;
        };
        if values.get(class_at).is_some_and(|v| v.is_null()) {
            fired.fire("IFS02.1-R3.class_null");
        }
        let lacks = schema
            .fields
            .iter()
            .zip(&values)
            .find(|(field, value)| field.name != "degree_class_code" && value.is_null())
            .map(|(field, _)| dropped_by(field.name));
        let start = written.bytes().len();
        write_members(arena, schema, &values, true, written);
        // The comma that parts two items in the buffer belongs to neither.
        let start = if start == 0 { 0 } else { start.saturating_add(1) };
        let item = Item {
            year,
            bytes: start..written.bytes().len(),
            lacks,
            #[cfg(feature = "explain")]
            place: fired.log.place(),
        };
        items.push((course, item));
    }
    Ok(latest(arena, written.bytes(), items, fired))
}

/// Of each course the enrolment of the greatest year, then of the least canonical bytes: the order of the system's rows
/// must not show. What is left is in canonical order, whose first member is the course (contract §3.4).
fn latest(arena: &Arena, written: &[u8], items: Vec<(Text, Item)>, fired: &mut Fired) -> Vec<Item> {
    let course = |at: usize| items.get(at).map_or("", |(course, _)| arena.text(*course));
    let year = |at: usize| items.get(at).map(|(_, item)| item.year);
    let bytes = |at: usize| items.get(at).and_then(|(_, item)| written.get(item.bytes.clone())).unwrap_or_default();
    let places = sorted_places(items.len(), &mut |a, b| {
        course(a).cmp(course(b)).then_with(|| year(b).cmp(&year(a))).then_with(|| bytes(a).cmp(bytes(b)))
    });
    let mut last: Option<usize> = None;
    let mut order = Vec::new();
    for place in places {
        explain! { fired.log.at(items.get(place).map(|(_, item)| item.place)); }
        match last.filter(|last| course(*last) == course(place)) {
            Some(last) if year(last) != year(place) => fired.fire("IFS02.1-S1.latest"),
            Some(last) if bytes(last) == bytes(place) => fired.fire("IFS02.1-S1.duplicate"),
            Some(_) => fired.fire("IFS02.1-S1.tie"),
            None => {
                last = Some(place);
                order.push(place);
            }
        }
    }
    let mut items: Vec<Option<Item>> = items.into_iter().map(|(_, item)| Some(item)).collect();
    order.into_iter().filter_map(|place| items.get_mut(place).and_then(Option::take)).collect()
}

/// The counter of the member for want of which an enrolment is dropped.
fn dropped_by(member: &str) -> &'static str {
    match member {
        "institute_code" => "IFS02.1-R4.institute_code",
        "programme_type_code" => "IFS02.1-R4.programme_type_code",
        "degree_course_year" => "IFS02.1-R4.degree_course_year",
        "status" => "IFS02.1-R4.status",
        _ => "IFS02.1-R4.other",
    }
}
