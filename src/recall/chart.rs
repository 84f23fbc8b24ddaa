//! Draws a chart of recall and speed as SVG 1.1 in a self-contained file: recall on the x axis, speed on a logarithmic
//! y axis.

use std::fmt::Write;

/// Colours that are distinguishable with colour blindness (Okabe & Ito, "Color universal design", 2008), dark enough
/// for a white background.
const COLOURS: [&str; 5] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000"];
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 480.0;
/// The positions of the axes: left, right, top and bottom.
const LEFT: f64 = 78.0;
const RIGHT: f64 = WIDTH - 24.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = HEIGHT - 58.0;
/// Number of intervals of the recall axis.
const STEPS: u8 = 5;

/// A chart of points with a recall from 0 to 1 and a speed in queries per second.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The title above the drawing.
    pub title: String,
    /// The label of the recall axis.
    pub x: String,
    /// The label of the speed axis.
    pub y: String,
    /// The series, each in its own colour.
    pub series: Vec<Series>,
}

/// The points of one index, in the order in which they are connected.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The name in the legend.
    pub name: String,
    /// Recall, queries per second, and the label of each point.
    pub points: Vec<(f64, f64, String)>,
}

/// The ranges of the axes.
struct Scale {
    /// The smallest recall that is shown.
    least: f64,
    /// The exponents of the powers of ten below and above all speeds.
    powers: (i32, i32),
}

impl Scale {
    fn of(series: &[Series]) -> Self {
        let points = || series.iter().flat_map(|series| &series.points);
        let least = points().map(|(recall, ..)| *recall).fold(1.0, f64::min);
        // The range is at least 0.05; in a smaller one, rounding would look like a difference.
        let least = ((least * 20.0).floor() / 20.0).clamp(0.0, 0.95);
        let speeds = || points().map(|(_, speed, _)| speed.max(1e-3).log10());
        #[allow(clippy::cast_possible_truncation)] // powers of ten are small
        let (low, high) = (
            speeds().fold(f64::INFINITY, f64::min).floor().max(-3.0) as i32,
            speeds().fold(f64::NEG_INFINITY, f64::max).ceil().min(12.0) as i32,
        );
        let low = low.min(9);
        Self { least, powers: (low, high.max(low + 1)) }
    }

    fn x(&self, recall: f64) -> f64 {
        LEFT + (recall.clamp(self.least, 1.0) - self.least) / (1.0 - self.least) * (RIGHT - LEFT)
    }

    fn y(&self, speed: f64) -> f64 {
        let (low, high) = (f64::from(self.powers.0), f64::from(self.powers.1));
        BOTTOM - (speed.max(1e-3).log10().clamp(low, high) - low) / (high - low) * (BOTTOM - TOP)
    }
}

impl Chart {
    /// Draws the chart.
    #[must_use]
    pub fn svg(&self) -> String {
        let scale = Scale::of(&self.series);
        let mut svg = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             role=\"img\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#222222\">\n\
             <title>{}</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
            escaped(&self.title)
        );
        self.axes(&scale, &mut svg);
        for (number, series) in self.series.iter().enumerate() {
            let colour = COLOURS[number % COLOURS.len()];
            let _ = writeln!(svg, "<g stroke=\"{colour}\" fill=\"{colour}\">");
            draw(series, number, &scale, &mut svg);
            svg.push_str("</g>\n");
        }
        self.legend(&mut svg);
        svg.push_str("</svg>\n");
        svg
    }

    fn axes(&self, scale: &Scale, svg: &mut String) {
        text(svg, (LEFT, 24.0), "start", "font-size=\"16\" font-weight=\"bold\"", &self.title);
        svg.push_str("<g stroke=\"#dddddd\" stroke-width=\"1\">\n");
        let recalls = (0..=STEPS).map(|step| scale.least + (1.0 - scale.least) * f64::from(step) / f64::from(STEPS));
        let recalls: Vec<f64> = recalls.collect();
        let powers = scale.powers.0..=scale.powers.1;
        for recall in &recalls {
            let x = scale.x(*recall);
            let _ = writeln!(svg, "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{BOTTOM}\"/>");
        }
        for power in powers.clone() {
            let y = scale.y(10f64.powi(power));
            let _ = writeln!(svg, "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{RIGHT}\" y2=\"{y:.1}\"/>");
        }
        svg.push_str("</g>\n");
        for recall in &recalls {
            text(svg, (scale.x(*recall), BOTTOM + 20.0), "middle", "", &format!("{recall:.2}"));
        }
        for power in powers {
            let label = if (0..=6).contains(&power) { grouped(power) } else { format!("1e{power}") };
            text(svg, (LEFT - 8.0, scale.y(10f64.powi(power)) + 4.5), "end", "", &label);
        }
        text(svg, (f64::midpoint(LEFT, RIGHT), HEIGHT - 14.0), "middle", "", &self.x);
        let (x, y) = (16.0, f64::midpoint(TOP, BOTTOM));
        text(svg, (x, y), "middle", &format!("transform=\"rotate(-90 {x} {y})\""), &self.y);
    }

    /// The names of the series with their marks, in a row above the axes.
    fn legend(&self, svg: &mut String) {
        let mut x = LEFT + 6.0;
        for (number, series) in self.series.iter().enumerate() {
            let colour = COLOURS[number % COLOURS.len()];
            let _ = writeln!(svg, "<g stroke=\"{colour}\" fill=\"{colour}\">{}</g>", mark(number, x, 42.0));
            text(svg, (x + 10.0, 46.5), "start", "", &series.name);
            #[allow(clippy::cast_precision_loss)] // a short name
            let width = series.name.chars().count() as f64 * 7.2;
            x += 34.0 + width;
        }
    }
}

fn draw(series: &Series, number: usize, scale: &Scale, svg: &mut String) {
    let places = series.points.iter().map(|(recall, speed, _)| (scale.x(*recall), scale.y(*speed)));
    let places: Vec<(f64, f64)> = places.collect();
    if places.len() > 1 {
        let line: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(svg, "<polyline fill=\"none\" stroke-width=\"2\" points=\"{}\"/>", line.join(" "));
    }
    for ((x, y), (recall, speed, name)) in places.iter().zip(&series.points) {
        let what = if name.is_empty() { &series.name } else { name };
        let label = format!("{what}: recall {recall:.4}, {speed:.0} queries/s");
        let _ = writeln!(svg, "<g><title>{}</title>{}</g>", escaped(&label), mark(number, *x, *y));
    }
}

/// The mark of a series; the shape differs as well as the colour, for readers who cannot distinguish colours.
fn mark(number: usize, x: f64, y: f64) -> String {
    match number % 3 {
        0 => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>"),
        1 => format!("<rect x=\"{:.1}\" y=\"{:.1}\" width=\"8\" height=\"8\"/>", x - 4.0, y - 4.0),
        _ => format!("<path d=\"M{x:.1} {:.1} l5 9 h-10 z\"/>", y - 5.0),
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, more: &str, text: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {more}>{}</text>", escaped(text));
}

/// A power of ten with thousands separators.
fn grouped(power: i32) -> String {
    let zeros = usize::try_from(power).unwrap_or(0);
    let digits = format!("1{}", "0".repeat(zeros));
    let start = digits.len() % 3;
    let groups = digits.as_bytes()[start..].chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let first = (start > 0).then(|| digits[..start].to_owned());
    first.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

/// Escapes a text for XML: special characters, and characters that XML does not allow.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The names of a document's elements in order; `None` if one is not closed properly.
    fn elements(xml: &str) -> Option<Vec<&str>> {
        let (mut open, mut seen) = (Vec::new(), Vec::new());
        for part in xml.split('<').skip(2) {
            let (tag, text) = part.split_once('>')?;
            if text.contains('>') || tag.matches('"').count() % 2 == 1 {
                return None;
            }
            let name = tag.trim_matches('/').split_whitespace().next()?;
            if tag.starts_with('/') {
                (open.pop()? == name).then_some(())?;
            } else {
                seen.push(name);
                if !tag.ends_with('/') {
                    open.push(name);
                }
            }
        }
        open.is_empty().then_some(seen)
    }

    fn chart(title: String, points: Vec<(f64, f64)>) -> Chart {
        let points = points.into_iter().map(|(recall, speed)| (recall, speed, title.clone())).collect();
        let series = ["a", "b", "c"].map(|name| Series { name: name.to_owned(), points: Vec::new() });
        let all = Series { name: title.clone(), points };
        Chart {
            title,
            x: "recall".to_owned(),
            y: "speed".to_owned(),
            series: std::iter::once(all).chain(series).collect(),
        }
    }

    proptest! {
        #[test]
        fn charts_are_valid_xml_and_stay_within_their_axes(
            title in any::<String>(),
            points in prop::collection::vec((0f64..=1.0, 0f64..1e7), 0..20),
        ) {
            let count = points.len();
            let svg = chart(title, points).svg();
            let elements = elements(&svg);
            prop_assert!(elements.is_some(), "{}", svg);
            // Two in the legend: the first and the fourth series have the same mark.
            prop_assert_eq!(elements.unwrap().iter().filter(|name| **name == "circle").count(), 2 + count);
            let places = svg.split("cx=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse::<f64>().unwrap());
            for x in places {
                prop_assert!((LEFT..=RIGHT).contains(&x), "{}", x);
            }
            prop_assert!(!svg.contains("NaN") && !svg.contains("inf"), "{}", svg);
        }
    }

    #[test]
    fn recall_increases_to_the_right_and_speed_upwards() {
        let chart = chart("t".to_owned(), vec![(0.9, 10_000.0), (0.99, 1_000.0)]);
        let scale = Scale::of(&chart.series);
        assert!(scale.x(0.9) < scale.x(0.99) && scale.y(10_000.0) < scale.y(1_000.0));
        assert!((scale.x(1.0) - RIGHT).abs() < 1e-9 && (scale.y(10_000.0) - TOP).abs() < 1e-9);
        assert_eq!([0, 1, 3, 5, 6].map(grouped), ["1", "10", "1,000", "100,000", "1,000,000"]);
    }
}
