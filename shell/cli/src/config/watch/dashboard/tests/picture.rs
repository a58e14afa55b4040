//! The picture of the dashboard in the README, made from a real frame.

use ratatui::backend::IntoCrossterm as _;
use ratatui::buffer::{Buffer, CellWidth as _};
use ratatui::crossterm::Command;
use ratatui::crossterm::style::{Attribute, SetAttribute, SetForegroundColor};
use ratatui::style::Modifier;

use super::{dashboard, drawn};

/// The frame as a terminal gets it: colours and attributes as ANSI sequences.
fn ansi(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let cell = &buffer[(x, y)];
            SetForegroundColor(cell.fg.into_crossterm()).write_ansi(&mut text).unwrap();
            for (modifier, attribute) in [
                (Modifier::BOLD, Attribute::Bold),
                (Modifier::DIM, Attribute::Dim),
                (Modifier::REVERSED, Attribute::Reverse),
            ] {
                if cell.modifier.contains(modifier) {
                    SetAttribute(attribute).write_ansi(&mut text).unwrap();
                }
            }
            text.push_str(cell.symbol());
            SetAttribute(Attribute::Reset).write_ansi(&mut text).unwrap();
            x += cell.cell_width().max(1);
        }
        text.push('\n');
    }
    text
}

/// `.ci/run` packages this package alone, where the accepted picture of the workspace is absent.
#[test]
fn the_dashboard_of_the_readme() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../snapshots/pictures");
    if !speckit::internal::documents::exists(folder.as_ref()) {
        return;
    }
    let svg = anstyle_svg::Term::new().render_svg(&ansi(&drawn(&mut dashboard(), 92, 22, true)));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_binary_snapshot!("dashboard.svg", svg.into_bytes()));
}
