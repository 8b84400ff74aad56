//! What the expressions of one exchange read and make, and an evaluation over it with its budgets.

use std::rc::Rc;

use super::error::EvalError;
use crate::bundle::{Slot, SystemIndex};
#[cfg(feature = "explain")]
use crate::note::Fact;
use crate::plan::Plan;
use crate::value::date::Date;
use crate::value::{Arena, NameId, Names, Root, Value};

/// What a call gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallValue {
    /// The value: for a call with a loop all elements' results in order, lists among them flattened.
    pub value: Value,
    /// For a call with a loop: the element's identity and its result.
    pub hung: Vec<(u32, Value)>,
}

/// Values the engine provides to expressions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Provided {
    /// `student.tax_code`.
    pub tax_code: Value,
    /// `student.key`.
    pub key: Value,
    /// `today`, the date in Rome.
    pub today: Option<Date>,
    /// The instant, milliseconds since 1970 UTC.
    pub now_ms: i64,
    /// `page.*`.
    pub page: Page,
    /// `status`, `headers`, `body`, `decoded`, `root` while an answer is looked at.
    pub answer: Option<AnswerVars>,
    /// Members of the request, by their place in the contract's schema.
    pub request: Vec<Value>,
    /// The session of the system that a call is being written to.
    pub session: Value,
    /// `caller.*`.
    pub caller: CallerVars,
    /// `ref`.
    pub reference: Value,
    /// `file.file_status`, `file.file_code`, `file.message`, as an item of the list has them.
    pub file: [Value; 3],
    /// Secrets the host provides, by their place in the bundle.
    pub secrets: Vec<Value>,
}

/// Who sends the request; nulls if nobody has proved it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CallerVars {
    pub client: Value,
    pub consumer: Value,
    pub purpose: Value,
    pub jti: Value,
}

/// Where a paged call stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Page {
    pub start: i64,
    pub number: i64,
    pub size: i64,
    /// What `next` gave on the page before.
    pub token: Value,
}

/// How much of an answer was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Understood {
    /// It is what the call reads.
    Whole,
    /// It is well-formed, and another thing than the call reads: another root, a fault, nothing where one is wanted.
    Other,
    /// There is nothing in it.
    Empty,
    /// It cannot be read.
    Nothing,
}

/// An answer while `failures` and `take` look at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnswerVars {
    /// Place of the system that answered.
    pub system: SystemIndex,
    pub status: u16,
    pub headers: Value,
    pub body: Value,
    pub understood: Understood,
    /// What an XML answer's root is called, or the element in a SOAP answer's body.
    pub root: Root,
    /// Whether `body` and `result` may be read. To rules that would make something of an answer that was not understood
    /// they are neither there nor missing.
    pub open: bool,
    /// The value of a SOAP answer's `…Return`.
    pub result: Value,
    /// A SOAP fault: a record with `code`, `string`, `detail`.
    pub fault: Value,
}

/// A key that is being written: its cells one behind the other, and where each ends.
#[derive(Debug, Default)]
pub(crate) struct KeyRoom {
    pub text: String,
    pub ends: Vec<usize>,
}

/// What an expression makes of members that are not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Asks {
    /// They are null.
    #[default]
    What,
    /// Those of an answer's body have no value: a failure rule is being decided.
    Rule,
    /// They are null, and so are those of a list or text: a failure rule asks whether they are there.
    Whether,
}

/// All that the expressions of one run read and make.
#[derive(Debug)]
pub(crate) struct Memory {
    /// The values.
    pub arena: Arena,
    /// Variables by slot.
    pub frame: Vec<Value>,
    /// Lets that have been evaluated.
    pub lets: Vec<Option<Value>>,
    /// What calls gave; none while not settled.
    pub calls: Vec<Option<CallValue>>,
    /// What the engine provides.
    pub provided: Provided,
    /// Entries of the records that are being made, innermost last.
    pub making: Vec<(NameId, Value)>,
    /// Room for the key of a lookup, so that none is made for each.
    pub key: KeyRoom,
    /// What is made of members that are not there.
    pub asks: Asks,
    /// Steps left.
    pub steps: u64,
    /// Items left.
    pub items: u64,
    /// Who is told what happens.
    #[cfg(feature = "explain")]
    pub listener: Option<Box<dyn Listener>>,
}

/// What the runs of one exchange stand on: what depends on nobody in particular, as the request, the day, who calls. It is
/// frozen: every run reads it, and none changes it.
#[derive(Debug)]
pub(crate) struct Base(Memory);

impl Memory {
    /// Memory that stands on nothing.
    pub fn new(plan: &Plan) -> Self {
        let limits = plan.limits();
        Self {
            arena: Arena::new(plan.pool(), Names::new(plan.names())),
            frame: vec![Value::Null; plan.slots()],
            lets: vec![None; plan.lets()],
            calls: vec![None; plan.calls().len()],
            provided: Provided::default(),
            making: Vec::new(),
            key: KeyRoom::default(),
            asks: Asks::What,
            steps: limits.steps,
            items: limits.items,
            #[cfg(feature = "explain")]
            listener: None,
        }
    }

    /// Freezes what it holds, for runs to stand on.
    pub fn freeze(mut self) -> Rc<Base> {
        self.arena.freeze();
        Rc::new(Base(self))
    }

    /// Memory of one run over what is frozen, with the budgets of one. Who is alone with it takes it as it is; where others
    /// stand on it too, each begins with a copy, which shares its documents.
    pub fn over(plan: &Plan, base: Rc<Base>) -> Self {
        let limits = plan.limits();
        let memory = Rc::try_unwrap(base).map_or_else(|base| base.0.copy(), |base| base.0);
        Self { steps: limits.steps, items: limits.items, ..memory }
    }

    /// The same values under the same places.
    fn copy(&self) -> Self {
        Self {
            arena: self.arena.clone(),
            frame: self.frame.clone(),
            lets: self.lets.clone(),
            calls: self.calls.clone(),
            provided: self.provided.clone(),
            making: Vec::new(),
            key: KeyRoom::default(),
            asks: Asks::What,
            steps: self.steps,
            items: self.items,
            #[cfg(feature = "explain")]
            listener: self.listener.as_ref().and_then(|listener| listener.of_copy()),
        }
    }

    /// Binds a variable.
    pub fn bind(&mut self, slot: Slot, value: Value) {
        if let Some(place) = self.frame.get_mut(slot.at()) {
            *place = value;
        }
    }
}

/// Who is told what happens in an exchange.
#[cfg(feature = "explain")]
pub(crate) trait Listener: std::fmt::Debug {
    /// Something happened. What it evaluates leaves the memory's budget and values as they were.
    fn told(&mut self, plan: &Plan, memory: &mut Memory, fact: Fact<'_>);

    /// Who listens to a copy, where one exchange has several runs.
    fn of_copy(&self) -> Option<Box<dyn Listener>>;
}

#[cfg(feature = "explain")]
impl Memory {
    /// Tells who listens, if anybody does.
    pub fn tell(&mut self, plan: &Plan, fact: Fact<'_>) {
        if let Some(mut listener) = self.listener.take() {
            listener.told(plan, self, fact);
            self.listener = Some(listener);
        }
    }
}

/// An evaluation over one exchange's memory.
#[derive(Debug)]
pub(crate) struct Eval<'e> {
    pub plan: &'e Plan,
    pub memory: &'e mut Memory,
}

impl Eval<'_> {
    /// Spends steps.
    pub fn spend(&mut self, steps: usize) -> Result<(), EvalError> {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.memory.steps = self.memory.steps.checked_sub(steps).ok_or(EvalError::Steps)?;
        Ok(())
    }
}
