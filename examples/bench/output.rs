//! Results as a table, as JSON and as a picture.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value, json};

use crate::process::spread;

/// All measurements: by what was measured and the number of resources.
#[derive(Default)]
pub struct Results(BTreeMap<(String, usize), Vec<f64>>);

impl Results {
    pub fn add(&mut self, what: &str, resources: usize, value: f64) {
        self.0.entry((what.to_owned(), resources)).or_default().push(value);
    }

    /// In Markdown: the median, and the least and the greatest.
    pub fn table(&self) -> String {
        let mut out =
            "| measured | resources | median | least | greatest |\n|---|--:|--:|--:|--:|\n"
                .to_owned();
        for ((what, resources), all) in &self.0 {
            let (median, least, most) = spread(all.clone());
            let row = format!("| {what} | {resources} | {median:.3} | {least:.3} | {most:.3} |");
            let _ = writeln!(out, "{row}");
        }
        out
    }

    pub fn json(&self) -> Value {
        let all = self.0.iter().map(|((what, resources), all)| {
            let (median, least, most) = spread(all.clone());
            json!({
                "measured": what, "resources": resources, "runs": all.len(),
                "median": median, "least": least, "greatest": most,
            })
        });
        all.collect()
    }

    /// Medians over the number of resources, both in powers of ten: what is linear has the slope
    /// of the dashed line. Only what is in seconds.
    pub fn svg(&self) -> String {
        const COLORS: [&str; 6] =
            ["#4269d0", "#c2580c", "#2f7d4f", "#9b3fb0", "#b3261e", "#5f6b7a"];
        let mut lines: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
        for ((what, resources), all) in &self.0 {
            let (median, ..) = spread(all.clone());
            if what.ends_with(" s") && median > 0.0 {
                #[allow(clippy::cast_precision_loss, reason = "sizes are small numbers")]
                let at = (*resources as f64).log10();
                lines.entry(what).or_default().push((at, median.log10()));
            }
        }
        let x = |at: f64| 60.0 + (at - 2.0) * 150.0;
        let y = |at: f64| 300.0 - (at + 4.0) * 45.0;
        let mut out = String::from(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 340\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"760\" height=\"340\" fill=\"white\"/>\n",
        );
        for power in -4..=2 {
            let at = y(f64::from(power));
            let _ = writeln!(
                out,
                "<path d=\"M60 {at}H510\" stroke=\"#ddd\"/><text x=\"52\" y=\"{}\" \
                 text-anchor=\"end\">{} s</text>",
                at + 4.0,
                10_f64.powi(power)
            );
        }
        for power in 2..=5 {
            let at = x(f64::from(power));
            let _ = writeln!(
                out,
                "<path d=\"M{at} 30V300\" stroke=\"#ddd\"/><text x=\"{at}\" y=\"318\" \
                 text-anchor=\"middle\">{}</text>",
                10_f64.powi(power)
            );
        }
        let _ = writeln!(
            out,
            "<path d=\"M{} {}L{} {}\" stroke=\"#888\" stroke-dasharray=\"4 4\"/>",
            x(2.0),
            y(-3.0),
            x(5.0),
            y(0.0)
        );
        for (n, (what, points)) in lines.iter().enumerate() {
            let color = COLORS[n % COLORS.len()];
            let path: Vec<String> =
                points.iter().map(|(a, b)| format!("{:.1} {:.1}", x(*a), y(*b))).collect();
            let row = 40 + n * 18;
            let _ = writeln!(
                out,
                "<path d=\"M{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>\
                 <text x=\"525\" y=\"{row}\" fill=\"{color}\">{what}</text>",
                path.join("L")
            );
        }
        out.push_str("</svg>\n");
        out
    }
}
