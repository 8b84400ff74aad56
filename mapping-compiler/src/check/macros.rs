//! Methods whose second argument is evaluated for each element.

use adapter_core::bundle::{Expr, MacroKind};

use super::Check;
use super::cx::{Cx, Origined};
use super::functions::Written;
use super::scope::{Binding, Scope};
use super::types::Ty;
use crate::cel::Node;
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::Text;

impl Check<'_> {
    pub(super) fn macro_call(
        &mut self,
        kind: MacroKind,
        target: &Node,
        call: Written<'_>,
        origin: Origined<'_>,
        cx: &Cx,
    ) -> (Expr, Ty) {
        let name = call.name.text.as_str();
        let (list, list_ty) = self.expr(target, origin, cx);
        let element = self.iterated(&list_ty, origin.span(&target.at));
        let [variable, body] = call.args else {
            let message = format!("`{name}` takes a name and an expression: `{name}(x, …)`.");
            self.error(Code::FunctionArguments, origin.span(call.at), message);
            return (Expr::Null, Ty::Unknown);
        };
        let at = origin.span(&variable.at);
        let Some(word) = variable.as_name() else {
            let message = format!("The first argument of `{name}` is the name that stands for each element.");
            self.error(Code::FunctionArguments, at, message);
            return (Expr::Null, Ty::Unknown);
        };
        let scope = Scope::inside(&cx.scope);
        let slot = self.slot(word, at);
        if self.check_name(&cx.scope, &Text { text: word.to_owned(), span: at }) {
            scope.bind(word, Binding::Local(slot, element.clone()), at);
        }
        let inner = if kind == MacroKind::Filter { cx.filtering() } else { cx.clone() };
        let (body_expr, body_ty) = self.expr(body, origin, &inner.scoped(&scope));
        let ty = match kind {
            MacroKind::Filter | MacroKind::Exists | MacroKind::All => {
                self.must_be_bool(&body_ty, &body.at, origin);
                if kind == MacroKind::Filter { Ty::List(Box::new(element)) } else { Ty::Bool }
            }
            MacroKind::Map => Ty::List(Box::new(body_ty)),
            MacroKind::GroupBy => {
                self.keep_whole(&body_ty);
                Ty::List(Box::new(Ty::List(Box::new(element))))
            }
            MacroKind::IndexBy | MacroKind::SortBy | MacroKind::Ordered => {
                if !body_ty.is_scalar() {
                    let message = format!("`{name}` goes by a scalar; this is {}.", body_ty.name());
                    self.report.push(Diagnostic::new(Code::TypeMismatch, origin.span(&body.at), message));
                }
                if kind == MacroKind::IndexBy { Ty::Index(Box::new(element)) } else { Ty::List(Box::new(element)) }
            }
        };
        (Expr::Macro { kind, list: Box::new(list), slot, body: Box::new(body_expr) }, ty)
    }
}
