//! The macro `measure_time!`: the features of this crate choose one of two definitions, whatever features the calling crate has.

/// Measures an expression, or the execution of an async block, and has its value.
///
/// With the feature `instrumentation` it emits a `tracing` event and adds the time to the
/// [`PerformanceMetrics`](crate::instrumentation::PerformanceMetrics) of the operation, which is named by a literal. Without the feature it
/// is the expression and nothing else.
///
/// ```
/// use speckit::measure_time;
///
/// let sum: u64 = measure_time!("sum", (1..=10).sum());
/// assert_eq!(sum, 55);
///
/// fn parse(text: &str) -> Result<u16, std::num::ParseIntError> {
///     // `?` ends the measurement with the outcome `early`.
///     measure_time!("parse", Ok(text.trim().parse::<u16>()? * 2))
/// }
/// assert_eq!(parse("21"), Ok(42));
/// assert!(parse("x").is_err());
///
/// # async fn answer() -> u8 { 42 }
/// # async fn caller() {
/// let answer = measure_time!("answer", async { answer().await }).await;
/// # }
/// ```
///
/// An async block is measured from its first poll until it is ready. If it is dropped before, or left by `?` or `return`, the outcome is
/// `early`. `measure_time!("x", f())` with an async function `f` would only measure how long it takes to create the future: write
/// `measure_time!("x", async { f().await }).await`.
#[cfg(feature = "instrumentation")]
#[macro_export]
macro_rules! measure_time {
    ($operation:literal, async move $body:block) => {
        async move { $crate::measure_time!($operation, $body) }
    };
    ($operation:literal, async $body:block) => {
        async { $crate::measure_time!($operation, $body) }
    };
    // `match` keeps the temporaries of the expression as long as the bare expression would.
    ($operation:literal, $body:expr $(,)?) => {
        match ($crate::instrumentation::Timer::start($operation), $body) {
            (timer, value) => {
                timer.finish();
                value
            }
        }
    };
}

/// Measures an expression, or the execution of an async block, if the feature `instrumentation` is on. Here it is off: the macro is the
/// expression and nothing else.
#[cfg(not(feature = "instrumentation"))]
#[macro_export]
macro_rules! measure_time {
    ($operation:literal, async move $body:block) => {
        async move $body
    };
    ($operation:literal, async $body:block) => {
        async $body
    };
    ($operation:literal, $body:expr $(,)?) => {
        $body
    };
}
