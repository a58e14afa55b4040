//! Statistics of measured times: a summary of the samples of one benchmark, and the comparison of two.
//!
//! Samples are whole nanoseconds. Sums of them are exact, and every figure is computed from the sorted samples, so that it does
//! not depend on their order. A figure that does not exist is `None`; none is NaN or infinite.
//!
//! | figure | method |
//! |---|---|
//! | percentiles | linear interpolation, type 7 of Hyndman and Fan (1996), as in numpy and R |
//! | interval of the mean | Student's t distribution |
//! | outliers | Tukey's fences; outliers are counted, and never removed |
//! | do the means differ? | Welch's t-test, which decides |
//! | is one side usually slower? | Mann–Whitney U test, shown beside it |
//! | how much slower? | Hodges–Lehmann estimate of the ratio, with the interval that the Mann–Whitney test inverts |
//! | size of the effect | Hedges' g |
//! | several comparisons | Holm's correction |
//!
//! ```
//! use speckit_core::bench::stats::{Criteria, Samples, Verdict, compare};
//! let before = Samples::new((0..30).map(|run| 1_000_000 + run % 7 * 10_000).collect())?;
//! let after = Samples::new((0..30).map(|run| 1_200_000 + run % 7 * 10_000).collect())?;
//! assert_eq!(before.summary().p50_ns, 1_030_000.0);
//! let comparison = compare(&before, &after, Criteria::default());
//! assert_eq!(comparison.verdict, Verdict::Regression);
//! assert!(comparison.figures.unwrap().ratio.value > 1.19);
//! # Ok::<(), speckit_core::bench::stats::NoSamples>(())
//! ```

mod beta;
mod comparison;
mod criteria;
mod exact;
mod hedges;
mod hodges_lehmann;
mod holm;
mod mann_whitney;
mod outliers;
mod percentile;
mod rank_sums;
mod samples;
mod speedup;
mod student;
mod summary;
mod welch;
mod work;

pub use comparison::{Comparison, Conditions, Figures, MIN_SAMPLES, Verdict, compare};
pub use criteria::{Criteria, CriteriaError};
pub use hedges::hedges_g;
pub use hodges_lehmann::{RatioEstimate, ratio};
pub use holm::holm;
pub use mann_whitney::{MannWhitneyTest, mann_whitney};
pub use samples::{NoSamples, Samples};
pub use speedup::{NotASpeedup, Speedup};
pub use student::{student_quantile, student_two_sided};
pub use summary::{MIN_FOR_P95, MIN_FOR_P99, Summary};
pub use welch::{WelchTest, welch};
pub use work::Work;
