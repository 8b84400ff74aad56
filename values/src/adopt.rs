//! Values of another arena, made again in this one.

use super::{Arena, Full, NameId, Names, Value};

impl Arena {
    /// The same value as it is in another arena over the same pool and names, with all that is in it.
    ///
    /// # Errors
    /// [`Full`].
    pub fn adopt(&mut self, from: &Self, value: Value) -> Result<Value, Full> {
        Ok(match value {
            Value::Text(text) => Value::Text(self.make_text(from.text(text))?),
            Value::List(span) | Value::Nodes(span) => {
                let parts = from.elements(span).iter().map(|part| self.adopt(from, *part));
                let parts = parts.collect::<Result<Vec<_>, _>>()?;
                let made = self.make_list(&parts)?;
                if matches!(value, Value::List(_)) { Value::List(made) } else { Value::Nodes(made) }
            }
            Value::Record(span) => {
                let entries = from.entries(span).iter().map(|(name, part)| {
                    let name = self.same_name(from, *name);
                    self.adopt(from, *part).map(|part| (name, part))
                });
                let entries = entries.collect::<Result<Vec<_>, _>>()?;
                Value::Record(self.make_record(&entries)?)
            }
            Value::Map(span) => {
                let pairs = from.pairs(span).iter().map(|(key, part)| {
                    let key = self.make_text(from.text(*key))?;
                    self.adopt(from, *part).map(|part| (key, part))
                });
                let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
                Value::Map(self.make_map(&pairs)?)
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Dec { .. } | Value::Date(_) | Value::Row { .. } => {
                value
            }
        })
    }

    fn same_name(&mut self, from: &Self, name: NameId) -> NameId {
        match name {
            Names::NONE | Names::TEXT => name,
            name => self.names_mut().intern(from.names().get(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Decoder, NameTable, write_value};

    #[test]
    fn what_is_adopted_reads_the_same() {
        let table = Arc::new(NameTable::new(vec![("a".to_owned(), true)]));
        let mut from = Arena::new(Arc::from(""), Names::new(Arc::clone(&table)));
        let json = r#"{"a":["x",1,2.5,null,true,{}],"b":{"c":"à","a":[]}}"#;
        let value = Decoder::whole(9).decode(&mut from, json.as_bytes().to_vec()).unwrap();
        let mut into = Arena::new(Arc::from(""), Names::new(table));
        into.names_mut().intern("another");
        into.make_text("what was here before").unwrap();
        let adopted = into.adopt(&from, value).unwrap();
        drop(from);
        let mut shown = Vec::new();
        write_value(&into, adopted, &mut shown);
        assert_eq!(String::from_utf8(shown).unwrap(), json);
    }
}
