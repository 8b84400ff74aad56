//! Expressions by chance, from a seed.

use std::fmt;

use super::value::V;

/// An expression that both sides can read.
#[derive(Clone, Debug)]
pub enum E {
    Literal(V),
    Name(String),
    Member(Box<E>, String),
    Index(Box<E>, Box<E>),
    Unary(&'static str, Box<E>),
    Binary(&'static str, Box<E>, Box<E>),
    And(Box<E>, Box<E>),
    Or(Box<E>, Box<E>),
    If(Box<E>, Box<E>, Box<E>),
    Has(Box<E>, String),
    Function(&'static str, Box<E>),
    Method(&'static str, Box<E>, Box<E>),
    Macro(&'static str, Box<E>, String, Box<E>),
    List(Vec<E>),
    Map(Vec<(String, E)>),
}

impl fmt::Display for E {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(v) => literal(f, v),
            Self::Name(name) => f.write_str(name),
            Self::Member(of, name) => write!(f, "{of}.{name}"),
            Self::Index(of, at) => write!(f, "{of}[{at}]"),
            Self::Unary(op, a) => write!(f, "{op}({a})"),
            Self::Binary(op, a, b) => write!(f, "({a} {op} {b})"),
            Self::And(a, b) => write!(f, "({a} && {b})"),
            Self::Or(a, b) => write!(f, "({a} || {b})"),
            Self::If(c, a, b) => write!(f, "({c} ? {a} : {b})"),
            Self::Has(of, name) => write!(f, "has({of}.{name})"),
            Self::Function(name, a) => write!(f, "{name}({a})"),
            Self::Method(name, a, b) => write!(f, "{a}.{name}({b})"),
            Self::Macro(name, list, var, body) => write!(f, "{list}.{name}({var}, {body})"),
            Self::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Map(entries) => {
                f.write_str("{")?;
                for (i, (key, item)) in entries.iter().enumerate() {
                    write!(f, "{}'{key}': {item}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
        }
    }
}

fn literal(f: &mut fmt::Formatter<'_>, v: &V) -> fmt::Result {
    match v {
        V::Null => f.write_str("null"),
        V::Bool(b) => write!(f, "{b}"),
        V::Int(n) => write!(f, "{n}"),
        V::Dec(d) => write!(f, "{d:?}"),
        V::Text(s) => write!(f, "'{s}'"),
        V::List(_) | V::Map(_) => Err(fmt::Error),
    }
}

/// What a generated expression should be, so that most of them mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Bool,
    Int,
    Dec,
    Text,
    List,
    Any,
}

pub struct Generator {
    state: u64,
    variables: Vec<(String, Want)>,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { state: seed, variables: Vec::new() }
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub fn expression(&mut self) -> E {
        self.variables.clear();
        let want = self.pick(&[Want::Bool, Want::Int, Want::Dec, Want::Text, Want::List, Want::Any]);
        let depth = 1 + self.below(3);
        self.make(want, depth)
    }

    fn make(&mut self, want: Want, depth: usize) -> E {
        // Now and then something else than is wanted: types must be checked too.
        let want = if self.below(14) == 0 {
            self.pick(&[Want::Bool, Want::Int, Want::Dec, Want::Text, Want::List, Want::Any])
        } else {
            want
        };
        if depth == 0 {
            return self.leaf(want);
        }
        let d = depth - 1;
        let boxed = |g: &mut Self, want| Box::new(g.make(want, d));
        match want {
            Want::Bool => match self.below(9) {
                0 => E::And(boxed(self, Want::Bool), boxed(self, Want::Bool)),
                1 => E::Or(boxed(self, Want::Bool), boxed(self, Want::Bool)),
                2 => E::Unary("!", boxed(self, Want::Bool)),
                3 => {
                    let of = self.pick(&[Want::Int, Want::Dec, Want::Text]);
                    E::Binary(self.pick(&["<", "<=", ">", ">="]), boxed(self, of), boxed(self, of))
                }
                4 | 5 => {
                    // No equality of computed decimals: there ours are exact and CEL's are not.
                    let of = self.pick(&[Want::Int, Want::Text, Want::Any]);
                    let op = self.pick(&["==", "!="]);
                    E::Binary(op, Box::new(self.uncomputed(of)), Box::new(self.uncomputed(of)))
                }
                6 => E::Binary("in", Box::new(self.uncomputed(Want::Int)), Box::new(self.leaf(Want::List))),
                7 => {
                    let of = Box::new(self.leaf(Want::Any));
                    E::Has(of, self.pick(&["i", "p", "q", "nil", "nope"]).to_owned())
                }
                _ => self.over_list(&["exists", "all"], Want::Bool, d),
            },
            Want::Int => match self.below(6) {
                0..=2 => {
                    E::Binary(self.pick(&["+", "-", "*", "/", "%"]), boxed(self, Want::Int), boxed(self, Want::Int))
                }
                3 => E::Unary("-", boxed(self, Want::Int)),
                4 => {
                    let of = self.pick(&[Want::Text, Want::List]);
                    E::Function("size", boxed(self, of))
                }
                _ => E::If(boxed(self, Want::Bool), boxed(self, Want::Int), boxed(self, Want::Int)),
            },
            Want::Dec => match self.below(4) {
                0..=1 => E::Binary(self.pick(&["+", "-", "*", "/"]), boxed(self, Want::Dec), boxed(self, Want::Dec)),
                2 => E::Unary("-", boxed(self, Want::Dec)),
                _ => E::Function("double", boxed(self, Want::Int)),
            },
            Want::Text => match self.below(4) {
                0..=1 => E::Binary("+", boxed(self, Want::Text), boxed(self, Want::Text)),
                2 => E::Function("string", boxed(self, Want::Int)),
                _ => E::If(boxed(self, Want::Bool), boxed(self, Want::Text), boxed(self, Want::Text)),
            },
            Want::List => match self.below(5) {
                0 => E::Binary("+", boxed(self, Want::List), boxed(self, Want::List)),
                1 => self.over_list(&["filter"], Want::Bool, d),
                2 => self.over_list(&["map"], Want::Any, d),
                _ => {
                    let of = self.pick(&[Want::Int, Want::Text, Want::Any]);
                    let length = self.below(3);
                    E::List((0..length).map(|_| self.make(of, d)).collect())
                }
            },
            Want::Any => match self.below(6) {
                0 => E::Index(boxed(self, Want::List), boxed(self, Want::Int)),
                1 => {
                    let of = Box::new(self.leaf(Want::Any));
                    E::Member(of, self.pick(&["i", "p", "q", "k", "v", "nope"]).to_owned())
                }
                2 => {
                    // A pattern is written in the mapping; ours compiles it.
                    if self.below(3) == 0 {
                        let pattern = self.pick(&["a", "^a", "c$", "^[a-z]+$", "b|1", "^$", "è", "^.{3}$", "(?i)^A"]);
                        let pattern = Box::new(E::Literal(V::Text(pattern.to_owned())));
                        return E::Method("matches", boxed(self, Want::Text), pattern);
                    }
                    let name = self.pick(&["contains", "startsWith", "endsWith"]);
                    E::Method(name, boxed(self, Want::Text), boxed(self, Want::Text))
                }
                3 => E::Function("int", boxed(self, Want::Dec)),
                4 => {
                    let value = self.make(Want::Int, d);
                    E::Map(vec![("a".to_owned(), value)])
                }
                _ => {
                    let of = self.pick(&[Want::Bool, Want::Int, Want::Dec, Want::Text, Want::List]);
                    self.make(of, d)
                }
            },
        }
    }

    fn over_list(&mut self, names: &[&'static str], body: Want, depth: usize) -> E {
        let name = self.pick(names);
        let (list, of) =
            self.pick(&[("ints", Want::Int), ("mixed", Want::Int), ("texts", Want::Text), ("rows", Want::Any)]);
        let list = Box::new(E::Member(Box::new(E::Name("r".to_owned())), list.to_owned()));
        let variable = format!("x{}", self.variables.len());
        self.variables.push((variable.clone(), of));
        let body = self.make(body, depth);
        self.variables.pop();
        E::Macro(name, list, variable, Box::new(body))
    }

    /// A value that no arithmetic made.
    fn uncomputed(&mut self, want: Want) -> E {
        self.leaf(want)
    }

    fn leaf(&mut self, want: Want) -> E {
        let fitting: Vec<E> =
            self.variables.iter().filter(|(_, of)| *of == want).map(|(name, _)| E::Name(name.clone())).collect();
        if !fitting.is_empty() && self.below(2) == 0 {
            return fitting[self.below(fitting.len())].clone();
        }
        // Members of rows, where one is at hand.
        let row = self.variables.iter().find(|(_, of)| *of == Want::Any).map(|(name, _)| name.clone());
        if let Some(row) = row
            && self.below(2) == 0
        {
            let member = match want {
                Want::Int => "k",
                Want::Text => "v",
                Want::Dec => "w",
                _ => self.pick(&["k", "v", "w", "nope"]),
            };
            return E::Member(Box::new(E::Name(row)), member.to_owned());
        }
        let members: &[&str] = match want {
            Want::Bool => &["yes", "no", "nil", "nope"],
            Want::Int => &["i", "neg", "zero", "big", "small", "nil", "nope"],
            Want::Dec => &["d", "e", "nil", "nope"],
            Want::Text => &["s", "t", "u", "blank", "nil", "nope"],
            Want::List => &["ints", "decs", "texts", "none", "mixed", "rows"],
            Want::Any => &["o", "i", "s", "nil", "nope", "yes", "ints"],
        };
        if self.below(3) > 0 || want == Want::List {
            let member = self.pick(members).to_owned();
            return E::Member(Box::new(E::Name("r".to_owned())), member);
        }
        E::Literal(match want {
            Want::Bool => V::Bool(self.below(2) == 0),
            Want::Int => V::Int(self.pick(&[0, 1, 2, 7, 100])),
            Want::Dec => V::Dec(self.pick(&[0.5, 1.5, 27.5, 2.25])),
            Want::Text => V::Text(self.pick(&["", "a", "abc", "è"]).to_owned()),
            Want::List | Want::Any => V::Null,
        })
    }
}
