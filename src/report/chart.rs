//! Drawn charts: columns as SVG without scripts, styles or links, in colours that are readable on
//! white and on black.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The columns.
const COLUMN: RGBColor = RGBColor(0x3b, 0x82, 0xd6);
/// Lines and labels.
const INK: RGBColor = RGBColor(0x7a, 0x82, 0x8c);

/// The size of a chart and of its labels, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) font: u32,
    /// How many labels have room below.
    pub(super) labels: usize,
}

/// For a desk.
pub(super) const WIDE: Size = Size {
    width: 720,
    height: 200,
    font: 12,
    labels: 9,
};
/// For a phone.
pub(super) const NARROW: Size = Size {
    width: 366,
    height: 170,
    font: 12,
    labels: 4,
};

/// Columns as SVG; nothing where there is nothing to draw.
pub(super) fn columns(values: &[(String, u64)], size: Size, title: &str) -> Option<String> {
    let most = values.iter().map(|(_, value)| *value).max()?;
    let mut svg = String::new();
    draw(values, most.max(1), size, &mut svg).ok()?;
    // A reader of the screen hears the title; the drawing shrinks with its page.
    let frame = format!(
        "<svg role=\"img\" aria-label=\"{}\" style=\"max-width:100%;height:auto;display:block\" ",
        crate::escape::html(title)
    );
    let start = svg.find("<svg ")?;
    Some(svg.get(start..)?.replacen("<svg ", &frame, 1))
}

type Failure = Box<dyn std::error::Error>;

fn draw(values: &[(String, u64)], most: u64, size: Size, svg: &mut String) -> Result<(), Failure> {
    let root = SVGBackend::with_string(svg, (size.width, size.height)).into_drawing_area();
    let count = f64::from(u32::try_from(values.len())?);
    let scale = axis(most);
    let top = scale.last().copied().unwrap_or(most);
    let font = ("sans-serif", size.font).into_font().color(&INK);
    let left = 14 + u32::try_from(super::words::grouped(top).len())? * 7;
    let mut chart = ChartBuilder::on(&root)
        .margin_top(8)
        .margin_right(8)
        .x_label_area_size(22)
        .y_label_area_size(left)
        .build_cartesian_2d(0.0..count, 0.0..number(top))?;
    let area = chart.plotting_area().clone();
    let right = font.clone().pos(Pos::new(HPos::Right, VPos::Center));
    for step in &scale {
        let height = number(*step);
        chart.draw_series([PathElement::new(
            vec![(0.0, height), (count, height)],
            INK.mix(0.35).stroke_width(1),
        )])?;
        let (x, y) = area.map_coordinate(&(0.0, height));
        root.draw(&Text::new(
            super::words::grouped(*step),
            (x - 6, y),
            right.clone(),
        ))?;
    }
    let gap = 0.12;
    for (place, (_, value)) in (0_u32..).zip(values) {
        let place = f64::from(place);
        let corners = [(place + gap, 0.0), (place + 1.0 - gap, number(*value))];
        if *value > 0 {
            chart.draw_series([Rectangle::new(corners, COLUMN.filled())])?;
        }
    }
    let middle = font.pos(Pos::new(HPos::Center, VPos::Top));
    let every = values.len().div_ceil(size.labels.max(1));
    for (place, (label, _)) in (0_u32..).zip(values).step_by(every.max(1)) {
        let (x, y) = area.map_coordinate(&(f64::from(place) + 0.5, 0.0));
        root.draw(&Text::new(label.clone(), (x, y + 6), middle.clone()))?;
    }
    drop(chart);
    root.present()?;
    drop(area);
    drop(root);
    Ok(())
}

/// The marks of the axis: 0 and at most four round steps, the last at least `most`.
fn axis(most: u64) -> Vec<u64> {
    let mut step = 1_u64;
    'found: loop {
        for factor in [1, 2, 5] {
            let wide = step.saturating_mul(factor);
            if most.div_ceil(wide) <= 4 {
                step = wide;
                break 'found;
            }
        }
        step = step.saturating_mul(10);
    }
    (0..=most.div_ceil(step))
        .map(|mark| mark.saturating_mul(step))
        .collect()
}

/// A count as a height; beyond 2^53 a pixel does not matter.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a height in a drawing is not exact"
)]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_few_round_marks() {
        assert_eq!(axis(1), [0, 1]);
        assert_eq!(axis(7), [0, 2, 4, 6, 8]);
        assert_eq!(axis(333_333), [0, 100_000, 200_000, 300_000, 400_000]);
        assert!(axis(u64::MAX).len() <= 5);
    }

    #[test]
    fn each_count_that_is_not_nothing_has_a_column() {
        let values: Vec<(String, u64)> = [3, 0, 5]
            .iter()
            .map(|count| (format!("<{count}>"), *count))
            .collect();
        let svg = columns(&values, WIDE, "a \"title\"").unwrap();
        assert_eq!(svg.matches("fill=\"#3B82D6\"").count(), 2, "{svg}");
        assert!(svg.contains("&lt;3&gt;") && svg.contains("a &quot;title&quot;"));
        assert!(!svg.contains("<script") && !svg.contains("href"));
        assert!(columns(&[], WIDE, "").is_none());
    }
}
