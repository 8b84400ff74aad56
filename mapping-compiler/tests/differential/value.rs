//! Values as both sides see them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cel::Value;
use cel::objects::Key;
use serde_json::Value as Json;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum V {
    Null,
    Bool(bool),
    Int(i64),
    Dec(f64),
    Text(String),
    List(Vec<V>),
    Map(BTreeMap<String, V>),
}

impl V {
    pub fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(b) => Self::Bool(*b),
            Json::Number(n) => n.as_i64().map_or_else(|| Self::Dec(n.as_f64().unwrap()), Self::Int),
            Json::String(s) => Self::Text(s.clone()),
            Json::Array(a) => Self::List(a.iter().map(Self::from_json).collect()),
            Json::Object(o) => Self::Map(o.iter().map(|(k, v)| (k.clone(), Self::from_json(v))).collect()),
        }
    }

    /// For the CEL interpreter: whole numbers as ints, which is not what its own JSON conversion does.
    pub fn to_cel(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(*b),
            Self::Int(n) => Value::Int(*n),
            Self::Dec(d) => Value::Float(*d),
            Self::Text(s) => Value::String(Arc::new(s.clone())),
            Self::List(l) => Value::List(Arc::new(l.iter().map(Self::to_cel).collect())),
            Self::Map(m) => {
                let map: HashMap<Key, Value> =
                    m.iter().map(|(k, v)| (Key::String(Arc::new(k.clone())), v.to_cel())).collect();
                Value::Map(cel::objects::Map { map: Arc::new(map) })
            }
        }
    }

    pub fn from_cel(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(b) => Self::Bool(*b),
            Value::Int(n) => Self::Int(*n),
            Value::Float(d) => Self::Dec(*d),
            Value::String(s) => Self::Text(s.to_string()),
            Value::List(l) => Self::List(l.iter().map(Self::from_cel).collect::<Option<_>>()?),
            Value::Map(m) => {
                let entry = |(k, v): (&Key, &Value)| match k {
                    Key::String(k) => Some((k.to_string(), Self::from_cel(v)?)),
                    _ => None,
                };
                Self::Map(m.map.iter().map(entry).collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    /// Equal, decimals to 9 digits.
    pub fn same(&self, other: &Self) -> bool {
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0);
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Int(a), Self::Dec(b)) | (Self::Dec(b), Self::Int(a)) => near(*a as f64, *b),
            (Self::Dec(a), Self::Dec(b)) => near(*a, *b),
            (Self::List(a), Self::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && a.same(b))
            }
            (a, b) => a == b,
        }
    }

    /// JSON has no infinity.
    pub fn is_finite(&self) -> bool {
        match self {
            Self::Dec(d) => d.is_finite(),
            Self::List(l) => l.iter().all(Self::is_finite),
            Self::Map(m) => m.values().all(Self::is_finite),
            _ => true,
        }
    }
}
