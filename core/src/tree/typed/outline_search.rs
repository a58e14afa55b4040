//! How an outline grows while its type is searched.

use super::outline::Outline;

impl Outline {
    /// The field or variant of this name, which is added if it is new.
    #[expect(clippy::indexing_slicing, reason = "there is a field at this position")]
    pub(super) fn field_mut(&mut self, name: &'static str) -> &mut Self {
        let at = self.fields.iter().position(|(field, _)| *field == name);
        let at = at.unwrap_or_else(|| {
            self.fields.push((name, Self::default()));
            self.fields.len() - 1
        });
        &mut self.fields[at].1
    }

    /// The variant of an enum that is asked for next.
    pub(super) fn next_variant(&mut self, variants: &'static [&'static str]) -> &'static str {
        if !self.state.is_asked {
            self.rare_mut().open_variants = variants;
        }
        self.rare().open_variants.first().or(variants.first()).copied().unwrap_or_default()
    }

    /// Goes on to the next variant of an enum if all of this one was asked for; returns whether it does.
    #[inline(never)]
    pub(super) fn passes_variant(&mut self, name: &str) -> bool {
        let content = self.fields.iter().find(|(variant, _)| *variant == name);
        let is_complete = content.is_none_or(|(_, content)| content.state.is_complete);
        let Some((_, rest)) = self.rare().open_variants.split_first().filter(|_| is_complete) else {
            return false;
        };
        self.rare_mut().open_variants = rest;
        true
    }

    /// Notes that another pass would find nothing more here: all that is below is complete, or this pass found nothing. Returns whether
    /// that is new.
    #[inline(never)]
    pub(super) fn completes(&mut self, found_nothing: bool) -> bool {
        let has_all =
            self.rare().open_variants.is_empty() && self.below_it().all(|below| below.state.is_complete);
        let is_new = !self.state.is_complete && (has_all || found_nothing);
        self.state.is_complete |= is_new;
        is_new
    }

    /// Ends the search: sorts the variants. The elements of a tuple after one that no made-up value fits were not asked for, and
    /// may be secret. If one element of a tuple is secret, all are.
    pub(super) fn finish(&mut self) {
        self.fields.iter_mut().for_each(|(_, field)| field.finish());
        self.others.iter_mut().chain(&mut self.elements).for_each(|outline| outline.finish());
        if let Some(rare) = &mut self.rare {
            rare.variants.sort_unstable();
            rare.variants.dedup();
            for item in &mut rare.items {
                item.is_secret |= !item.state.is_asked;
                item.finish();
            }
            // With an element missing, the secret is in the place of another one.
            let has_secret_item = rare.items.iter().any(|item| item.has_secret);
            for item in &mut rare.items {
                item.is_secret |= has_secret_item;
                item.has_secret |= has_secret_item;
            }
        }
        self.has_secret = self.is_secret || self.below_it().any(Self::has_secret);
        self.has_aliases = !self.rare().aliases.is_empty() || self.below_it().any(|below| below.has_aliases);
    }
}
