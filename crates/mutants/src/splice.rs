//! All mutants of a file in one text, each behind a question that is asked while the program runs.
//!
//! Every change is an insertion: what stands there stays, as the arm for "no mutant, or another one". Only one mutant is ever
//! active, so an arm of a mutant holds its operands as they were written.

use std::collections::BTreeMap;
use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{
    Arm, Block, Expr, ExprBinary, ExprStruct, ExprUnary, File, ImplItemFn, ItemFn, Pat, ReturnType,
    Signature, Type,
};

use crate::list::{Genre, Mutant, Place};

/// A text with all of its mutants in it.
pub(crate) struct Spliced {
    pub(crate) text: String,
    /// The bytes that are there for a mutant: errors of the compiler in them are the mutant's.
    pub(crate) owned: Vec<(Range<usize>, usize)>,
    /// The number that the question of each mutant gives for its place.
    pub(crate) places: BTreeMap<usize, usize>,
    /// Mutants whose place was not found or cannot hold a choice: inside macros, `||` between `let` conditions, another value
    /// for an `impl Trait`.
    pub(crate) missed: Vec<usize>,
}

/// Splices the mutants, given with their numbers, into `text`.
pub(crate) fn splice(text: &str, mutants: &[(usize, &Mutant)]) -> Result<Spliced, String> {
    let file: File = syn::parse_file(text).map_err(|error| error.to_string())?;
    let mut finder = Finder {
        text,
        wanted: BTreeMap::new(),
        found: Vec::new(),
        places: BTreeMap::new(),
        depth: 0,
    };
    for (number, mutant) in mutants {
        let key = (mutant.genre as u8, mutant.span.start);
        let wanted = finder.wanted.entry(key).or_default();
        wanted.push((*number, mutant.replacement.clone()));
    }
    finder.visit_file(&file);
    let Finder {
        wanted,
        found,
        places,
        ..
    } = finder;
    let missed = wanted.into_values().flatten().map(|(number, _)| number);
    let (spliced, owned) = insert(text, found);
    Ok(Spliced {
        text: spliced,
        owned,
        places,
        missed: missed.collect(),
    })
}

/// Something to insert.
struct Insertion {
    at: usize,
    /// Insertions at one place: what closes comes before what opens; the inner closes first, the outer opens first.
    rank: (bool, isize),
    /// Pieces of text, each with the mutant that it is there for.
    pieces: Vec<(String, Option<usize>)>,
}

/// Numbers and replacements of the mutants of one place.
type Changes = Vec<(usize, String)>;

struct Finder<'a> {
    text: &'a str,
    wanted: BTreeMap<(u8, Place), Changes>,
    found: Vec<Insertion>,
    places: BTreeMap<usize, usize>,
    depth: isize,
}

impl Finder<'_> {
    fn take(&mut self, genre: Genre, at: Place) -> Option<Changes> {
        self.wanted.remove(&(genre as u8, at))
    }

    /// The mutants of one place share one question, which gives the number of the first.
    fn place(&mut self, changes: &[(usize, String)]) -> Option<usize> {
        let &(first, _) = changes.first()?;
        let all = changes.iter().map(|&(number, _)| (number, first));
        self.places.extend(all);
        Some(first)
    }

    fn source(&self, span: Span) -> &str {
        &self.text[span.byte_range()]
    }

    fn opens(&mut self, at: usize, pieces: Vec<(String, Option<usize>)>) {
        self.found.push(Insertion {
            at,
            rank: (true, self.depth),
            pieces,
        });
    }

    fn closes(&mut self, at: usize, text: &str) {
        self.found.push(Insertion {
            at,
            rank: (false, -self.depth),
            pieces: vec![(text.to_owned(), None)],
        });
    }

    /// `expression` becomes a choice between itself and others.
    fn choose(&mut self, expression: Span, others: Vec<(usize, String)>) {
        let Some(first) = self.place(&others) else {
            return;
        };
        let Range { start, end } = expression.byte_range();
        let mut pieces = vec![(
            format!("(match crate::mutant::at({first}) {{ "),
            Some(first),
        )];
        for (number, text) in others {
            pieces.push((format!("{number} => {{ {text} }} "), Some(number)));
        }
        pieces.push(("_ => ".to_owned(), None));
        self.opens(start, pieces);
        self.closes(end, " })");
    }

    fn function(&mut self, signature: &Signature, body: &Block) {
        // Two returns of an `impl Trait` would have to be of one type.
        if let ReturnType::Type(_, returned) = &signature.output
            && matches!(**returned, Type::ImplTrait(_))
        {
            return;
        }
        // The list names the first statement, or the braces when it has that for the body.
        let starts = [
            body.stmts.first().map(|first| first.span().start()),
            Some(body.span().start()),
        ];
        let changes = starts
            .into_iter()
            .flatten()
            .find_map(|at| self.take(Genre::FnValue, at.into()));
        let Some(changes) = changes else { return };
        let Some(first) = self.place(&changes) else {
            return;
        };
        let mut pieces = Vec::new();
        for (number, value) in changes {
            let text = format!(" if crate::mutant::at({first}) == {number} {{ return {value}; }} ");
            pieces.push((text, Some(number)));
        }
        let after_brace = body.brace_token.span.open().byte_range().end;
        self.opens(after_brace, pieces);
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_expr(&mut self, node: &'ast Expr) {
        self.depth += 1;
        visit::visit_expr(self, node);
        self.depth -= 1;
    }

    fn visit_item_fn(&mut self, node: &'ast ItemFn) {
        self.function(&node.sig, &node.block);
        visit::visit_item_fn(self, node);
    }

    fn visit_impl_item_fn(&mut self, node: &'ast ImplItemFn) {
        self.function(&node.sig, &node.block);
        visit::visit_impl_item_fn(self, node);
    }

    fn visit_expr_binary(&mut self, node: &'ast ExprBinary) {
        let operator = node.op.span();
        let at = operator.start().into();
        if !holds_let(&node.left)
            && !holds_let(&node.right)
            && let Some(changes) = self.take(Genre::BinaryOperator, at)
        {
            let (left, right) = (
                self.source(node.left.span()).to_owned(),
                self.source(node.right.span()).to_owned(),
            );
            let others = changes
                .into_iter()
                .map(|(number, operator)| (number, format!("{left} {operator} {right}")));
            self.choose(node.span(), others.collect());
        }
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_unary(&mut self, node: &'ast ExprUnary) {
        if let Some(changes) = self.take(Genre::UnaryOperator, node.span().start().into()) {
            let operand = self.source(node.expr.span()).to_owned();
            let others = changes
                .into_iter()
                .map(|(number, _)| (number, operand.clone()));
            self.choose(node.span(), others.collect());
        }
        visit::visit_expr_unary(self, node);
    }

    fn visit_arm(&mut self, node: &'ast Arm) {
        self.depth += 1;
        let guard = match &node.pat {
            Pat::Guard(guarded) => Some(guarded.guard.span()),
            _ => None,
        };
        let gone = self.take(Genre::MatchArm, node.span().start().into());
        if let Some(number) = gone.and_then(|changes| self.place(&changes)) {
            let asked = format!("crate::mutant::at({number}) != {number}");
            match guard {
                None => {
                    let end = node.pat.span().byte_range().end;
                    self.opens(end, vec![(format!(" if {asked}"), Some(number))]);
                }
                Some(guard) => {
                    let Range { start, end } = guard.byte_range();
                    self.opens(start, vec![(format!("{asked} && ("), Some(number))]);
                    self.closes(end, ")");
                }
            }
        }
        self.depth += 1;
        if let Some(guard) = guard
            && let Some(changes) = self.take(Genre::MatchArmGuard, guard.start().into())
        {
            self.choose(guard, changes);
        }
        visit::visit_arm(self, node);
        self.depth -= 2;
    }

    fn visit_expr_struct(&mut self, node: &'ast ExprStruct) {
        let mut others = Vec::new();
        for field in &node.fields {
            if let Some(changes) = self.take(Genre::StructField, field.span().start().into()) {
                let whole = node.span().byte_range();
                let gone = field.span().byte_range();
                let after = &self.text[gone.end..whole.end];
                let after = after.trim_start().strip_prefix(',').unwrap_or(after);
                let text = format!("{}{after}", &self.text[whole.start..gone.start]);
                others.extend(
                    changes
                        .into_iter()
                        .map(|(number, _)| (number, text.clone())),
                );
            }
        }
        self.choose(node.span(), others);
        visit::visit_expr_struct(self, node);
    }
}

/// Whether a `let` condition is among the operands: such a chain cannot be an operand itself.
fn holds_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(ExprBinary { left, right, .. }) => holds_let(left) || holds_let(right),
        _ => false,
    }
}

fn insert(text: &str, mut insertions: Vec<Insertion>) -> (String, Vec<(Range<usize>, usize)>) {
    // Stable: what is found first at one place and depth stays first.
    insertions.sort_by_key(|insertion| (insertion.at, insertion.rank));
    let (mut out, mut owned, mut done) = (String::with_capacity(text.len() * 3), Vec::new(), 0);
    for Insertion { at, pieces, .. } in insertions {
        out.push_str(&text[done..at]);
        done = at;
        for (piece, number) in pieces {
            let start = out.len();
            out.push_str(&piece);
            owned.extend(number.map(|number| (start..out.len(), number)));
        }
    }
    out.push_str(&text[done..]);
    (out, owned)
}
