//! The interface `engine` over an [`Engine`].

use std::cell::{Cell, RefCell};

use adapter_core::{CallId, Engine, Event, ExchangeId, Head, Plan, Resources, STEWARD, Verdict};
use shell::{REFERENCE_KEY, Settings, cursor_keys};

use crate::bindings::Component;
use crate::bindings::exports::ifs::adapter::engine as wit;
use crate::bindings::ifs::adapter::{store::Store, types};
use crate::book::Book;
use crate::store::Lent;
use crate::{convert, sender};

/// An engine, what it is owed, and a clock that stands still where the settings say so.
pub struct Owned {
    engine: RefCell<Engine>,
    book: Book,
    now_ms: Option<i64>,
}

/// An admission that ends with its request's event, or with the consumer's leaving.
pub struct Admission {
    admitted: Cell<Option<adapter_core::Admission>>,
    id: ExchangeId,
    limit: u64,
    operation: &'static str,
    book: Book,
}

impl Drop for Admission {
    fn drop(&mut self) {
        if self.admitted.take().is_some() {
            self.book.end(self.id);
        }
    }
}

impl wit::Guest for Component {
    type Engine = Owned;
    type Admission = Admission;

    fn describe(settings: Vec<u8>) -> Result<wit::Description, wit::LoadError> {
        let settings = Settings::parse(&settings).map_err(wit::LoadError::Settings)?;
        Ok(convert::description(&plan(&settings)?))
    }
}

fn plan(settings: &Settings<'_>) -> Result<Plan, wit::LoadError> {
    Plan::load(settings.bundle).map_err(|e| wit::LoadError::Bundle(e.to_string()))
}

impl wit::GuestAdmission for Admission {
    fn limit(&self) -> u64 {
        self.limit
    }

    fn operation(&self) -> String {
        self.operation.to_owned()
    }
}

impl Owned {
    fn at(&self, clock: wit::Clock) -> wit::Clock {
        wit::Clock { now_ms: self.now_ms.unwrap_or(clock.now_ms), ..clock }
    }

    /// The admission that an event uses up.
    fn used(&self, admission: &wit::Admission) -> Result<adapter_core::Admission, wit::Misuse> {
        let admission = admission.get::<Admission>();
        if !admission.book.is(&self.book) {
            return Err(wit::Misuse::ForeignAdmission);
        }
        admission.admitted.take().ok_or(wit::Misuse::ForeignAdmission)
    }

    /// A call that the host was asked to make.
    fn made(&self, call: types::CallId) -> Result<(CallId, adapter_core::CallRequest), wit::Misuse> {
        let known = convert::call_id(call);
        let request = self.book.take(known).ok_or(wit::Misuse::UnknownCall(call))?;
        Ok((known, request))
    }

    fn event(&self, event: wit::Event) -> Result<Event, wit::Misuse> {
        Ok(match event {
            wit::Event::Request((admission, body)) => Event::Request { admission: self.used(&admission)?, body },
            wit::Event::TooLarge(admission) => Event::TooLarge(self.used(&admission)?),
            wit::Event::Ended((call, result)) => {
                Event::Ended { call: self.made(call)?.0, result: convert::result(result) }
            }
            wit::Event::NoRoom(call) => {
                let (call, request) = self.made(call)?;
                Event::NoRoom { call, request }
            }
            wit::Event::Abandoned(id) => {
                self.book.end(ExchangeId(id));
                Event::Abandoned(ExchangeId(id))
            }
            wit::Event::Timer => Event::Timer,
            wit::Event::Steward => Event::Steward,
        })
    }
}

impl wit::GuestEngine for Owned {
    fn load(configuration: wit::Configuration, store: Store) -> Result<wit::Engine, wit::LoadError> {
        let wit::Configuration { settings, secrets, seed, clock } = configuration;
        let settings = Settings::parse(&settings).map_err(wit::LoadError::Settings)?;
        let plan = plan(&settings)?;
        let secret = |name: &str| secrets.iter().find(|secret| secret.name == name).map(|secret| secret.value.clone());
        let store = Box::new(Lent::new(store));
        let resources = Resources {
            store,
            seed,
            tick_ms: clock.tick_ms,
            secret: &secret,
            reference_key: secret(REFERENCE_KEY),
            cursor_keys: cursor_keys(secret),
        };
        let engine =
            Engine::new(plan, settings.trust, resources).map_err(|e| wit::LoadError::Missing(e.to_string()))?;
        let engine = RefCell::new(engine.answering(settings.answers));
        Ok(wit::Engine::new(Self { engine, book: Book::default(), now_ms: settings.now_ms }))
    }

    fn description(&self) -> wit::Description {
        convert::description(self.engine.borrow().plan())
    }

    fn head(&self, id: u32, head: wit::Head, clock: wit::Clock) -> Result<wit::Verdict, wit::Misuse> {
        let id = ExchangeId(id);
        if id == STEWARD {
            return Err(wit::Misuse::ReservedId);
        }
        if self.book.has_request(id) {
            return Err(wit::Misuse::IdInUse(id.0));
        }
        let clock = self.at(clock);
        let engine = self.engine.borrow();
        let wit::Head { method, path, headers, instance, loopback, sender } = head;
        let headers = convert::lower(headers);
        let caller = sender::caller(engine.trust(), &headers, sender, &clock);
        let head = Head { method, path, headers, instance, loopback, caller };
        Ok(match engine.head(id, head, &clock) {
            Verdict::Answered { actions, reason } => wit::Verdict::Answered(wit::Answered {
                actions: convert::actions(actions, engine.plan()),
                reason: reason.map(str::to_owned),
            }),
            Verdict::Admitted(admitted) => {
                self.book.begin(id);
                let limit = u64::try_from(admitted.limit()).unwrap_or(u64::MAX);
                let operation = admitted.target().name();
                let (admitted, book) = (Cell::new(Some(admitted)), self.book.clone());
                wit::Verdict::Admitted(wit::Admission::new(Admission { admitted, id, limit, operation, book }))
            }
        })
    }

    fn handle(&self, event: wit::Event, clock: wit::Clock) -> Result<Vec<wit::Action>, wit::Misuse> {
        let event = self.event(event)?;
        let mut engine = self.engine.borrow_mut();
        let actions = engine.handle(event, &self.at(clock));
        self.book.note(&actions);
        Ok(convert::actions(actions, engine.plan()))
    }

    fn call_is_waiting(&self) -> bool {
        self.engine.borrow().is_call_waiting()
    }

    fn needs_steward(&self) -> bool {
        self.engine.borrow().needs_steward()
    }
}
