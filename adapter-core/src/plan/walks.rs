//! Walks of a bundle in the form that runs: what is evaluated for their lists and for each student.

use sha2::{Digest as _, Sha256};

use super::RecipeIndex;
use crate::bundle::{self, CallIndex, Expr, Recipe};
use crate::contract::{Does, Operation, OperationId, Picks};
use crate::value::sorted;

/// How an operation walks a list of students.
#[derive(Debug)]
pub(crate) struct Walk {
    /// As the bundle has it.
    pub written: bundle::Walk,
    /// The operation whose answer is listed.
    pub of: &'static Operation,
    /// Whom it lists, by that answer.
    pub picks: &'static Picks,
    /// What is evaluated for a student.
    pub student: RecipeIndex,
    /// What is evaluated for a page of the list.
    pub feed: RecipeIndex,
    /// The same of those who are there no more.
    pub deleted: Option<RecipeIndex>,
    /// What is evaluated once for all students of a page, if anything is.
    pub shared: Option<RecipeIndex>,
}

/// An index from keys to students.
#[derive(Debug)]
pub(crate) struct KeyIndex {
    /// Most calls a second.
    pub pace: u16,
    /// How long after it was begun whoever is not in it is nobody, milliseconds.
    pub fresh_ms: u64,
    /// What tells it from every other: an index of other lists says nothing of who is missing in these.
    pub definition: [u8; 16],
    /// The lists that it is made of.
    pub lists: Vec<List>,
    /// A list of everybody, as if it were walked, and what is evaluated for a page of it.
    pub everybody: Option<(bundle::Walk, RecipeIndex)>,
}

/// A list that an index is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// The list of an operation's walk.
    Walked(OperationId),
    /// That of those who are there no more.
    Deleted(OperationId),
    /// Its own.
    Everybody,
}

impl KeyIndex {
    /// The index that is made of its own list, or of those of these walks.
    pub(super) fn new(written: bundle::KeyIndex, walks: &[(OperationId, Walk)], recipes: &mut Vec<Recipe>) -> Self {
        let mut lists = Vec::new();
        let mut digest = Sha256::new();
        let everybody = written.everybody.map(|bundle::Everybody { digest: own, feed }| {
            digest.update(&own);
            lists.push(List::Everybody);
            let page = add(recipes, list(&feed));
            (as_walked(own, feed), page)
        });
        for (id, walk) in walks.iter().filter(|_| everybody.is_none()) {
            digest.update([id.name(), " ", &walk.written.digest, " "].concat());
            lists.push(List::Walked(*id));
            lists.extend(walk.deleted.map(|_| List::Deleted(*id)));
        }
        let mut definition = [0; 16];
        definition.iter_mut().zip(digest.finalize()).for_each(|(to, byte)| *to = byte);
        Self { pace: written.pace, fresh_ms: written.fresh_ms, definition, lists, everybody }
    }
}

/// A list of which every row counts, in order.
fn as_walked(digest: String, feed: bundle::Feed) -> bundle::Walk {
    bundle::Walk {
        name: String::new(),
        digest,
        feed,
        ordered: true,
        once: None,
        page: 1,
        mark: false,
        deleted: None,
        shared: Vec::new(),
        lets: Vec::new(),
    }
}

/// How an operation finds the rows that it answers, page by page.
#[derive(Debug)]
pub(crate) struct Rows {
    /// As the bundle has it.
    pub written: bundle::Walk,
    /// What is evaluated for a page of the list.
    pub feed: RecipeIndex,
}

/// The operations of a bundle that answer rows themselves; what their lists evaluate goes to the recipes.
pub(super) fn rows(walks: Vec<(String, bundle::Walk)>, recipes: &mut Vec<Recipe>) -> Vec<(OperationId, Rows)> {
    let load = |(name, written): (String, bundle::Walk)| {
        let feed = add(recipes, list(&written.feed));
        Some((OperationId::named(&name)?, Rows { written, feed }))
    };
    walks.into_iter().filter_map(load).collect()
}

/// The walks of a bundle whose operations have been loaded; what they evaluate goes to the recipes.
pub(super) fn load(
    walks: Vec<(String, bundle::Walk)>,
    recipes: &mut Vec<Recipe>,
    operations: &mut Vec<(OperationId, RecipeIndex)>,
) -> Vec<(OperationId, Walk)> {
    let mut loaded = Vec::new();
    for (name, written) in walks {
        let Some(id) = OperationId::named(&name) else { continue };
        let Does::Lists { answer_of, picks } = id.operation().does else { continue };
        let Some(of) = operations.iter().find(|(known, _)| *known == answer_of).map(|(_, index)| *index) else {
            continue;
        };
        let student = student(of, written.once.as_ref().map(|once| once.calls.as_slice()), recipes);
        let feed = add(recipes, list(&written.feed));
        let deleted = written.deleted.as_ref().map(|feed| add(recipes, list(feed)));
        let shared = (!written.shared.is_empty()).then(|| add(recipes, together(written.shared.clone(), Expr::Null)));
        operations.push((id, feed));
        loaded.push((id, Walk { written, of: answer_of.operation(), picks, student, feed, deleted, shared }));
    }
    // In the contract's order, as those that are answered by themselves are.
    *operations = sorted(operations);
    loaded
}

fn add(recipes: &mut Vec<Recipe>, recipe: Recipe) -> RecipeIndex {
    recipes.push(recipe);
    RecipeIndex(recipes.len().saturating_sub(1))
}

fn list(feed: &bundle::Feed) -> Recipe {
    together(feed.calls.clone(), Expr::Call(feed.call))
}

fn together(calls: Vec<CallIndex>, answer: Expr) -> Recipe {
    Recipe { calls, guards: Vec::new(), person: None, answer }
}

/// The answer's own recipe, and with it the calls that decide whether a student is listed.
fn student(of: RecipeIndex, once: Option<&[CallIndex]>, recipes: &mut Vec<Recipe>) -> RecipeIndex {
    let Some(answer) = recipes.get(of.0) else { return of };
    let more: Vec<CallIndex> = once.unwrap_or_default().iter().filter(|c| !answer.calls.contains(c)).copied().collect();
    if more.is_empty() {
        return of;
    }
    let mut recipe = answer.clone();
    recipe.calls.extend(more);
    recipe.calls = sorted(&recipe.calls);
    add(recipes, recipe)
}
