//! What a value of a system must have to be the one that a mapping reads: members of its records, rows in its lists.
//!
//! A document that is well-formed may still be another thing than the answer, an error in a like of its own or one whose
//! members were renamed. Read as the answer it has nothing in it. A system may leave out what is null, so that no single
//! member need be there; but a record with none of those that are read of it is not understood.

use super::{Arena, NameId, Names, Span, Value};

/// What a value must be like, where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Likeness {
    /// Members of which a record has one; of XML an element with children. Whatever if empty. Where there is one alone, it
    /// may be null in a row that leaves out what is null: then one of a list's rows has it.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub any: Vec<NameId>,
    /// Members that a record has.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub all: Vec<NameId>,
    /// What members must be like in turn, where they are there.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub members: Vec<(NameId, Self)>,
    /// What the elements of a list must be like. One that is null is no element, unless they are read by their places.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Option::is_none"))]
    pub rows: Option<Box<Self>>,
    /// The elements of a list are read by their places.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "std::ops::Not::not"))]
    pub placed: bool,
}

impl Likeness {
    /// Whether it wants nothing.
    pub fn is_empty(&self) -> bool {
        self.any.is_empty() && self.all.is_empty() && self.members.is_empty() && self.rows.is_none()
    }

    /// The names in it.
    pub fn names(&self, f: &mut impl FnMut(NameId)) {
        self.any.iter().chain(&self.all).for_each(|name| f(*name));
        for (name, like) in &self.members {
            f(*name);
            like.names(f);
        }
        self.rows.iter().for_each(|rows| rows.names(f));
    }
}

/// That a value is not like what is read.
#[derive(Clone, Copy, Debug)]
pub struct Misfit<'f> {
    /// What it should be like.
    pub like: &'f Likeness,
    /// Why it is not.
    pub why: Unlike,
}

/// Why a value is not like what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlike {
    /// A record, or an element with children, has none of the members that are read of it.
    None,
    /// A record lacks this one.
    Lacks(NameId),
    /// An element has a text where children are read.
    Text,
    /// A list has nothing but nulls.
    Nulls,
    /// A list whose length matters has a null.
    Null,
}

impl Arena {
    /// The value without elements of lists that are none, if it is like what is read. Of a list that is read page by page, or
    /// that the system may cut, the length matters, so that nothing can be taken out of it: it is `counted`.
    ///
    /// # Errors
    /// [`Misfit`].
    pub fn fit<'f>(&mut self, like: &'f Likeness, value: Value, counted: bool) -> Result<Value, Misfit<'f>> {
        match value {
            Value::Record(record) => self.fit_record(like, record, counted)?,
            Value::List(list) => return self.fit_list(like, list, counted),
            Value::Nodes(nodes) => {
                for at in 0..nodes.len() {
                    match self.element(nodes, at) {
                        Some(Value::Record(record)) => self.fit_record(like, record, counted)?,
                        Some(text) if !like.any.is_empty() && self.is_said(text) => {
                            return Err(Misfit { like, why: Unlike::Text });
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(value)
    }

    fn fit_record<'f>(&mut self, like: &'f Likeness, record: Span, counted: bool) -> Result<(), Misfit<'f>> {
        if let Some(why) = self.unknown(like, record).or_else(|| self.lacking(like, record)) {
            return Err(Misfit { like, why });
        }
        self.fit_members(like, record, counted)
    }

    /// Whether nothing of what is read of a record is there, and what is.
    fn unknown(&self, like: &Likeness, record: Span) -> Option<Unlike> {
        if like.any.is_empty() || self.entries(record).iter().any(|(name, _)| like.any.contains(name)) {
            return None;
        }
        // Only a leaf of XML has a text of its own beside attributes, and no children then.
        match self.member(record, Names::TEXT) {
            None => Some(Unlike::None),
            Some(text) => self.is_said(text).then_some(Unlike::Text),
        }
    }

    /// Whether a record lacks what must be there.
    fn lacking(&self, like: &Likeness, record: Span) -> Option<Unlike> {
        let lacking = like.all.iter().find(|name| self.member(record, **name).is_none());
        lacking.map(|name| Unlike::Lacks(*name))
    }

    /// Whether a leaf says anything.
    fn is_said(&self, leaf: Value) -> bool {
        matches!(leaf, Value::Text(text) if !self.text(text).trim().is_empty())
    }

    fn fit_members<'f>(&mut self, like: &'f Likeness, record: Span, counted: bool) -> Result<(), Misfit<'f>> {
        for (name, inner) in &like.members {
            let Some(at) = self.entries(record).iter().position(|(member, _)| member == name) else { continue };
            let value = self.entries(record).get(at).map(|(_, value)| *value).unwrap_or_default();
            let fitting = self.fit(inner, value, counted)?;
            if let (Value::List(_), Some((_, place))) = (fitting, self.entries_mut(record).get_mut(at)) {
                *place = fitting;
            }
        }
        Ok(())
    }

    fn fit_list<'f>(&mut self, like: &'f Likeness, list: Span, counted: bool) -> Result<Value, Misfit<'f>> {
        let Some(rows) = like.rows.as_deref() else { return Ok(Value::List(list)) };
        let (mut nulls, mut unknown) = (0_usize, 0_usize);
        let is_lone = rows.any.len() == 1;
        // Rows mostly have the members of the row before.
        let (mut before, mut is_unknown): (Option<Span>, bool) = (None, false);
        for at in 0..list.len() {
            match self.element(list, at).unwrap_or_default() {
                Value::Null => nulls = nulls.saturating_add(1),
                Value::Record(row) => {
                    if !before.is_some_and(|before| self.is_alike(before, row)) {
                        let why = self.unknown(rows, row);
                        is_unknown = why.is_some();
                        let why = why.filter(|_| !is_lone).or_else(|| self.lacking(rows, row));
                        if let Some(why) = why {
                            return Err(Misfit { like: rows, why });
                        }
                    }
                    unknown = unknown.saturating_add(usize::from(is_unknown));
                    before = Some(row);
                    self.fit_members(rows, row, counted)?;
                }
                inner => {
                    let fitting = self.fit(rows, inner, counted)?;
                    if let (Value::List(_), Some(place)) = (fitting, self.elements_mut(list).get_mut(at)) {
                        *place = fitting;
                    }
                }
            }
        }
        if unknown > 0 && unknown == list.len().saturating_sub(nulls) {
            return Err(Misfit { like: rows, why: Unlike::None });
        }
        match nulls {
            _ if like.placed => Ok(Value::List(list)),
            0 => Ok(Value::List(list)),
            all if all == list.len() => Err(Misfit { like, why: Unlike::Nulls }),
            _ if counted => Err(Misfit { like, why: Unlike::Null }),
            _ => Ok(Value::List(self.without_nulls(list))),
        }
    }

    /// Whether two records have the same members in the same order.
    fn is_alike(&self, a: Span, b: Span) -> bool {
        let (a, b) = (self.entries(a), self.entries(b));
        a.len() == b.len() && a.iter().zip(b).all(|((a, _), (b, _))| a == b)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Decoder, Keep, NameTable, write_value};

    const NAMES: [&str; 7] = ["a", "b", "rows", "r", "c", "@x", "own"];

    fn id(name: &str) -> NameId {
        NameId::try_from(NAMES.iter().position(|n| *n == name).unwrap()).unwrap()
    }

    fn like(any: &[&str], all: &[&str]) -> Likeness {
        let ids = |names: &[&str]| names.iter().map(|name| id(name)).collect();
        Likeness { any: ids(any), all: ids(all), ..Likeness::default() }
    }

    fn rows(of: Likeness) -> Likeness {
        Likeness { rows: Some(Box::new(of)), ..Likeness::default() }
    }

    fn member(name: &str, of: Likeness) -> Likeness {
        Likeness { members: vec![(id(name), of)], ..Likeness::default() }
    }

    fn arena() -> Arena {
        let names = NAMES.iter().map(|n| ((*n).to_owned(), false)).collect();
        Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(names))))
    }

    fn decoder() -> Decoder<'static> {
        Decoder { keep: Keep::Named, lenient: true, ..Decoder::whole(9) }
    }

    fn fitted(arena: &mut Arena, like: &Likeness, value: Value, counted: bool) -> Result<String, Unlike> {
        let value = arena.fit(like, value, counted).map_err(|misfit| misfit.why)?;
        let mut out = Vec::new();
        write_value(arena, value, &mut out);
        Ok(String::from_utf8(out).unwrap())
    }

    fn json(like: &Likeness, text: &str) -> Result<String, Unlike> {
        let mut arena = arena();
        let value = decoder().decode(&mut arena, text.as_bytes().to_vec()).unwrap();
        fitted(&mut arena, like, value, false)
    }

    fn counted(like: &Likeness, text: &str) -> Result<String, Unlike> {
        let mut arena = arena();
        let value = decoder().decode(&mut arena, text.as_bytes().to_vec()).unwrap();
        fitted(&mut arena, like, value, true)
    }

    fn xml(like: &Likeness, text: &str) -> Option<Unlike> {
        let mut arena = arena();
        let (value, _) = decoder().decode_rooted(&mut arena, text.to_owned()).unwrap();
        arena.fit(like, value, false).err().map(|misfit| misfit.why)
    }

    #[test]
    fn a_record_has_one_of_the_members_that_are_read() {
        let of = like(&["a", "b"], &[]);
        for understood in [r#"{"a":1}"#, r#"{"b":null}"#, r#"{"z":1,"b":2}"#, "null", "3", "[]", r#""text""#] {
            assert!(json(&of, understood).is_ok(), "{understood}");
        }
        for other in ["{}", r#"{"z":1}"#, r#"{"error":{"a":1}}"#, r#"{"c":1}"#] {
            assert_eq!(json(&of, other), Err(Unlike::None), "{other}");
        }
    }

    #[test]
    fn a_record_has_all_of_the_members_that_must_be_there() {
        let of = like(&["a", "b"], &["b"]);
        assert!(json(&of, r#"{"b":null}"#).is_ok());
        assert_eq!(json(&of, r#"{"a":1}"#), Err(Unlike::Lacks(id("b"))));
    }

    #[test]
    fn every_row_is_looked_at() {
        let of = rows(like(&["a", "b"], &[]));
        assert_eq!(json(&of, r#"[{"a":1},{"b":2},{"b":2,"a":1}]"#).unwrap(), r#"[{"a":1},{"b":2},{"b":2,"a":1}]"#);
        assert_eq!(json(&of, "[]").unwrap(), "[]");
        for other in [r#"[{"z":1}]"#, r#"[{"a":1},{"z":1}]"#, r#"[{"a":1},{"a":2},{}]"#, r#"[{"a":1},{"c":2}]"#] {
            assert_eq!(json(&of, other), Err(Unlike::None), "{other}");
        }
        let inside = member("rows", rows(member("r", rows(like(&["c", "b"], &[])))));
        assert!(json(&inside, r#"{"rows":[{"a":1},{"r":[]},{"r":null},{"r":[{"c":1}]}]}"#).is_ok());
        assert_eq!(json(&inside, r#"{"rows":[{"r":[{"c":1}]},{"r":[{"c":1},{"z":1}]}]}"#), Err(Unlike::None));
    }

    #[test]
    fn the_only_member_that_is_read_may_be_left_out_of_a_row_but_not_of_all() {
        let of = rows(like(&["a"], &[]));
        for understood in [r#"[{},{"a":1}]"#, r#"[{"a":1},{"z":1},{"z":1}]"#, "[]", r#"[null,{"a":null},{}]"#] {
            assert!(json(&of, understood).is_ok(), "{understood}");
        }
        for other in ["[{}]", r#"[{"z":1},{"z":2},{"c":1}]"#, "[null,{}]"] {
            assert_eq!(json(&of, other), Err(Unlike::None), "{other}");
        }
        let strict = rows(like(&["a"], &["b"]));
        assert_eq!(json(&strict, r#"[{"a":1,"b":1},{"z":1}]"#), Err(Unlike::Lacks(id("b"))));
    }

    #[test]
    fn a_null_is_no_row() {
        let of = rows(like(&["a"], &[]));
        assert_eq!(json(&of, r#"[null,{"a":1},null,{"a":2},null]"#).unwrap(), r#"[{"a":1},{"a":2}]"#);
        let inside = member("rows", of.clone());
        assert_eq!(json(&inside, r#"{"a":1,"rows":[null,{"a":1}]}"#).unwrap(), r#"{"a":1,"rows":[{"a":1}]}"#);
        let twice = rows(rows(Likeness::default()));
        assert_eq!(json(&twice, "[[1,null],null,[null,1],[]]").unwrap(), "[[1],[1],[]]");
        for nothing in ["[null]", "[null,null]"] {
            assert_eq!(json(&of, nothing), Err(Unlike::Nulls), "{nothing}");
            assert_eq!(counted(&of, nothing), Err(Unlike::Nulls), "{nothing}");
        }
        assert_eq!(json(&inside, r#"{"rows":[null]}"#), Err(Unlike::Nulls));
        // Where nobody reads rows, a list is any list.
        assert_eq!(json(&like(&["a"], &[]), "[null]").unwrap(), "[null]");
    }

    #[test]
    fn elements_that_are_read_by_their_places_keep_them() {
        let of = Likeness { placed: true, ..rows(like(&["a", "b"], &[])) };
        for list in ["[null]", r#"[null,"x",{"a":1}]"#, "[]"] {
            assert_eq!(json(&of, list).unwrap(), list);
            assert_eq!(counted(&of, list).unwrap(), list);
        }
        assert_eq!(json(&of, r#"[null,{"z":1}]"#), Err(Unlike::None));
    }

    #[test]
    fn nothing_is_taken_out_of_a_list_whose_length_matters() {
        let of = rows(like(&["a"], &[]));
        assert_eq!(counted(&of, r#"[{"a":1}]"#).unwrap(), r#"[{"a":1}]"#);
        assert_eq!(counted(&of, r#"[{"a":1},null]"#), Err(Unlike::Null));
    }

    #[test]
    fn the_same_list_in_several_rows_is_taken_apart_once() {
        // A decoder gives the value of the row before again where the bytes are the same.
        let of = rows(member("r", rows(Likeness::default())));
        let text = r#"[{"r":[null,1]},{"r":[null,1]},{"r":[null,1]}]"#;
        assert_eq!(json(&of, text).unwrap(), r#"[{"r":[1]},{"r":[1]},{"r":[1]}]"#);
    }

    #[test]
    fn an_element_with_children_has_one_that_is_read() {
        let of = member("r", like(&["a", "b"], &[]));
        for understood in
            ["<r/>", "<r> </r>", "<r z='1'/>", "<r><a/></r>", "<r><z/><b>1</b></r>", "<r><!-- x --></r>", "<z/>"]
        {
            assert_eq!(xml(&of, understood), None, "{understood}");
        }
        for other in ["<r><z/></r>", "<r x='1'><z/></r>", "<r><z><a/></z></r>", "<r>\n <c>1</c></r>"] {
            assert_eq!(xml(&of, other), Some(Unlike::None), "{other}");
        }
        for text in ["<r>down</r>", "<r x='1'>down</r>", "<r z='1'>down</r>"] {
            assert_eq!(xml(&of, text), Some(Unlike::Text), "{text}");
        }
        let rows = member("r", member("a", like(&["b"], &[])));
        assert_eq!(xml(&rows, "<r><a><b/></a><a><z/></a></r>"), Some(Unlike::None));
    }
}
