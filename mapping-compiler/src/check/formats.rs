//! What documents values come from: in XML and CSV every leaf is text, and an iterated path is a list.

use std::collections::BTreeMap;

use adapter_core::bundle::{Decode, Embedded, Expr, Function};
use adapter_core::value::NameId;

use super::Check;
use super::defs::What;
use super::roots::Roots;
use super::sample::Shape;
use super::types::{Origin, Ty};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// What is known of documents, by the definition of the call that gets them.
#[derive(Debug, Default)]
pub(super) struct Documents {
    /// How a call's answer is read.
    pub decode: BTreeMap<usize, Decode>,
    /// What a call takes of its answer.
    pub taken: BTreeMap<usize, Vec<Origin>>,
    /// What a recorded answer looks like.
    pub samples: BTreeMap<usize, Shape>,
    /// A recorded answer in JSON as it stands.
    pub written: BTreeMap<usize, serde_json::Value>,
    /// What the members of a record look like taken together, where any of them may be meant.
    pub values: BTreeMap<Origin, Shape>,
    /// Documents inside texts: what they are written in, and the text.
    pub parsed: Vec<(Embedded, Expr)>,
    /// Those that must be kept whole.
    pub deep: Vec<usize>,
    /// Which elements documents may be.
    pub roots: Roots,
    /// What `list(…)` is written of, of systems' values.
    pub listed: Vec<Listed>,
}

/// What `list(…)` is written of.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// Where it comes from.
    pub origins: Vec<Origin>,
    /// It is written in a rule for failures.
    pub in_rule: bool,
}

impl Check<'_> {
    /// `list(of)`. One record of JSON is a row only if it has what is read of rows, which is known in the end.
    pub(super) fn listed(&mut self, of: Expr, ty: &Ty) -> Expr {
        let origins = ty.origins().to_vec();
        if !matches!(ty, Ty::Dyn(_)) || origins.is_empty() || !matches!(self.format(ty), None | Some(Decode::Json)) {
            return Expr::Function { function: Function::List, args: vec![of] };
        }
        let place = NameId::try_from(self.documents.listed.len()).unwrap_or(NameId::MAX);
        self.documents.listed.push(Listed { origins, in_rule: self.reads.place.in_rule });
        // Until all is known, its place stands for what is known by it.
        Expr::Rows { of: Box::new(of), must: vec![place], may: Vec::new() }
    }

    /// A document inside a text.
    pub(super) fn parsed(&mut self, format: Embedded, of: Expr) -> (Expr, Ty) {
        let place = self.documents.parsed.len();
        self.documents.parsed.push((format, of.clone()));
        self.documents.roots.parsed(place);
        (
            Expr::Parse { of: Box::new(of), format, deep: false, roots: Vec::new(), like: None },
            Ty::Dyn(vec![Origin::Parsed(place)]),
        )
    }

    /// What a value was written in; none if that is not known, or differs.
    pub(super) fn format(&self, ty: &Ty) -> Option<Decode> {
        let Ty::Dyn(origins) = ty else { return None };
        self.format_of_all(origins)
    }

    fn format_of_all(&self, origins: &[Origin]) -> Option<Decode> {
        let mut formats = origins.iter().map(|o| self.format_of(o));
        let first = formats.next()??;
        formats.all(|f| f == Some(first)).then_some(first)
    }

    fn format_of(&self, origin: &Origin) -> Option<Decode> {
        match origin {
            Origin::Element(of) | Origin::Member(of, _) | Origin::Value(of) => self.format_of(of),
            Origin::Call(call) | Origin::Hung(call) => self.format_of_all(self.documents.taken.get(call)?),
            Origin::CallBody(call) => self.documents.decode.get(call).copied(),
            Origin::CallResult(_) | Origin::SystemResult(_) => Some(Decode::Xml),
            Origin::SystemBody(_) | Origin::Block(_) => None,
            Origin::Parsed(place) => self.documents.parsed.get(*place).map(|(format, _)| match format {
                Embedded::Xml => Decode::Xml,
                Embedded::Json => Decode::Json,
            }),
        }
    }

    /// As a scalar: what comes from XML or CSV is text.
    pub(super) fn as_scalar(&self, ty: &Ty) -> Ty {
        match self.format(ty) {
            Some(Decode::Xml | Decode::Csv | Decode::Text) => Ty::Text,
            _ => ty.clone(),
        }
    }

    /// Says that a value of XML or CSV is compared with what no text can be. False if there is nothing to say.
    pub(super) fn document_text(&mut self, left: &Ty, right: &Ty, never: &str, span: Span) -> bool {
        let (document, other) = match (self.format(left), self.format(right)) {
            (Some(format @ (Decode::Xml | Decode::Csv)), None) => (format, right),
            (None, Some(format @ (Decode::Xml | Decode::Csv))) => (format, left),
            _ => return false,
        };
        let help = match other.class() {
            Some("a number") => {
                "`num(…)` reads the number, `num(…, ',')` one with a decimal comma, `flag(…)` 1 and 0; a code is \
                 compared with a text: '1'."
            }
            Some("true or false") => "`flag(…)` makes true or false of 1/0, S/N, SI/NO, true/false.",
            Some("a date") => "`date(…)` makes a date of a text.",
            _ => return false,
        };
        let format = if document == Decode::Xml { "XML" } else { "CSV" };
        let message = format!("Every value of {format} is a text, which {never} {}.", other.name());
        self.report.push(Diagnostic::new(Code::TypeCompare, span, message).help(help));
        true
    }

    /// A member of a CSV document; none if this is none.
    pub(super) fn csv_member(&mut self, origins: &[Origin], member: &str, span: Span) -> Option<Ty> {
        if self.format_of_all(origins) != Some(Decode::Csv) {
            return None;
        }
        match origins.iter().map(|o| self.csv_depth(o)).max() {
            Some(0) => {
                let message = format!("A CSV document is a list of rows, and has no member `{member}`; a row has.");
                let help = format!("Take one (`[0]`, `.one()`) or all (`.map(x, x.{member})`).");
                self.report.push(Diagnostic::new(Code::TypeMember, span, message).help(help));
                Some(Ty::Unknown)
            }
            // One that may be missing is missing in the sample too.
            _ if origins.iter().all(|o| self.reads.is_asked(o, member)) => Some(Ty::Text),
            _ if self.in_sample(origins, member, span) => Some(Ty::Text),
            _ => Some(Ty::Unknown),
        }
    }

    /// Whether it can be seen that a value is one record: a row of CSV, or what is one in a sample of JSON.
    pub(super) fn is_one_record(&self, ty: &Ty) -> bool {
        let Ty::Dyn(origins) = ty else { return false };
        match self.format_of_all(origins) {
            Some(Decode::Csv) => origins.iter().all(|o| self.csv_depth(o) > 0),
            Some(Decode::Json) => {
                // What a loop gives is a list, though each of its answers is one record.
                let all = |o: &Origin| matches!(o, Origin::Call(call) if self.has_loop(*call));
                origins.iter().all(|o| !all(o) && matches!(self.shape(o), Some(Shape::Record(_))))
            }
            _ => false,
        }
    }

    /// Whether the sample shows an element with children of its own, which is no text.
    pub(super) fn is_element(&self, ty: &Ty) -> bool {
        let Ty::Dyn(origins) = ty else { return false };
        let children = |shape: &Shape| shape.members().is_some_and(|mut names| names.any(|n| !n.starts_with('@')));
        let is_one = |o: &Origin| self.shape(o).is_some_and(|shape| children(shape.element().unwrap_or(shape)));
        self.format_of_all(origins) == Some(Decode::Xml) && origins.iter().all(is_one)
    }

    /// Warns of a condition that is none in the sample.
    pub(super) fn sampled_bool(&mut self, ty: &Ty, span: Span) {
        if let Some(class) = self.sampled_class(ty).filter(|class| *class != "true or false") {
            let message = format!("A condition is true or false; in the sample this is always {class}.");
            let help = "`flag(…)` reads 1/0, S/N, SI/NO; a value is compared with `==`.";
            self.report.push(Diagnostic::new(Code::SampleType, span, message).help(help));
        }
    }

    /// What scalars of JSON are in the samples, if always the same.
    pub(super) fn sampled_class(&self, ty: &Ty) -> Option<&'static str> {
        let Ty::Dyn(origins) = ty else { return None };
        if self.format_of_all(origins) != Some(Decode::Json) {
            return None;
        }
        let mut classes = origins.iter().map(|o| match self.shape(o) {
            Some(Shape::Scalar(class)) => *class,
            _ => None,
        });
        let first = classes.next()??;
        classes.all(|class| class == Some(first)).then_some(first)
    }

    /// 0 for a list of rows, 1 for a row.
    fn csv_depth(&self, origin: &Origin) -> usize {
        match origin {
            Origin::Element(of) => self.csv_depth(of).saturating_add(1),
            Origin::Call(call) => self.taken_depth(*call).saturating_sub(usize::from(self.has_loop(*call))),
            Origin::Hung(call) => self.taken_depth(*call),
            _ => 0,
        }
    }

    fn taken_depth(&self, call: usize) -> usize {
        let taken = self.documents.taken.get(&call).map(Vec::as_slice).unwrap_or_default();
        taken.iter().map(|o| self.csv_depth(o)).max().unwrap_or(0)
    }

    fn has_loop(&self, call: usize) -> bool {
        matches!(self.defs.get(call).map(|d| &d.what), Some(What::Call(call)) if call.each.is_some())
    }

    /// The shape of a value in a recorded answer.
    pub(super) fn shape(&self, origin: &Origin) -> Option<&Shape> {
        match origin {
            Origin::Element(of) => match &**of {
                // All results of a loop, one after the other, lists among them flattened.
                Origin::Call(call) if self.has_loop(*call) => {
                    self.shape(of).map(|shape| shape.element().unwrap_or(shape))
                }
                _ => {
                    let shape = self.shape(of)?;
                    // One node or many: what stands once in the sample is an element as well.
                    let once = self.format_of(of) == Some(Decode::Xml);
                    shape.element().or(once.then_some(shape))
                }
            },
            Origin::Member(of, name) => {
                let shape = self.shape(of)?;
                let once = self.format_of(of) == Some(Decode::Xml);
                let shape = if once { shape.element().unwrap_or(shape) } else { shape };
                shape.member(without_namespace(name))
            }
            Origin::Call(call) | Origin::Hung(call) => match self.documents.taken.get(call)?.as_slice() {
                [one] => self.shape(one),
                _ => None,
            },
            Origin::CallBody(call) => self.documents.samples.get(call),
            Origin::CallResult(call) => self.documents.samples.get(call).and_then(Shape::returned),
            Origin::Value(of) => self.documents.values.get(of),
            Origin::SystemBody(_) | Origin::SystemResult(_) | Origin::Block(_) | Origin::Parsed(_) => None,
        }
    }

    /// What is behind `.value` of a record's entries: any of its members, which look as all of them taken together.
    pub(super) fn any_value(&mut self, of: &Ty) -> Ty {
        let Ty::Dyn(origins) = of else { return Ty::any() };
        for origin in origins {
            if let Some(values) = self.shape(origin).and_then(Shape::values) {
                self.documents.values.insert(origin.clone(), values);
            }
        }
        Ty::Dyn(origins.iter().map(|o| Origin::Value(std::rc::Rc::new(o.clone()))).collect())
    }

    /// Members that records of these places have in the samples; none if one of them has no sample.
    pub(super) fn sampled_members(&self, origins: &[Origin]) -> Option<Vec<String>> {
        let mut names = Vec::new();
        for origin in origins {
            let shape = self.shape(origin)?;
            let xml = self.format_of(origin) == Some(Decode::Xml);
            let shape = if xml { shape.element().unwrap_or(shape) } else { shape };
            names.extend(shape.members()?.map(str::to_owned));
        }
        (!origins.is_empty()).then_some(names)
    }
}

/// A name as samples have it: `{uri}name` → `name`, `{uri}@name` → `@name`.
pub(super) fn without_namespace(name: &str) -> &str {
    name.strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or(name, |(_, local)| local)
}
