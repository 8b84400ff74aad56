//! What must be kept whole of a system's answers: where a record itself is compared, counted or passed on, all its
//! members matter, not only those the mapping names.

use super::Check;
use super::types::{Origin, Ty};

impl Check<'_> {
    /// The record under this type is used as a whole.
    pub(super) fn keep_whole(&mut self, ty: &Ty) {
        match ty {
            Ty::Dyn(origins) => {
                for origin in origins {
                    self.keep_origin(origin);
                }
            }
            Ty::Record(fields, _) => {
                for (_, ty) in fields.iter() {
                    self.keep_whole(ty);
                }
            }
            Ty::List(element) | Ty::Index(element) => self.keep_whole(element),
            Ty::Row(tables) => {
                for table in tables {
                    if let Some(data) = self.tables.get_mut(*table) {
                        data.use_all();
                    }
                }
            }
            Ty::Unknown | Ty::Null | Ty::Bool | Ty::Int | Ty::Number | Ty::Text | Ty::Date => {}
        }
    }

    fn keep_origin(&mut self, origin: &Origin) {
        match origin {
            Origin::Element(list) => self.keep_origin(list),
            Origin::Member(_, name) => {
                let id = self.name(name);
                let place = usize::try_from(id).ok().and_then(|i| self.bundle.names.get_mut(i));
                if let Some(name) = place {
                    name.deep = true;
                }
            }
            Origin::Call(call) | Origin::Hung(call) | Origin::CallBody(call) => self.deep_calls.push(*call),
            Origin::SystemBody(system) => self.deep_systems.push(*system),
            // A record the mapping made: its members were looked at when it was.
            Origin::Block(_) => {}
        }
    }
}
