//! From numbers over seeds to a verdict.

/// Mean and standard error of the mean.
pub fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// Differences seed by seed.
pub fn differences(first: &[f64], second: &[f64]) -> Vec<f64> {
    first.iter().zip(second).map(|(first, second)| first - second).collect()
}

/// Whether the differences speak for the claim, against it, or for nothing: within two standard errors of zero.
pub fn of_differences(differences: &[f64]) -> &'static str {
    let (mean, error) = mean_and_error(differences);
    if mean.abs() < 2.0 * error || mean == 0.0 {
        "within noise"
    } else if mean > 0.0 {
        "holds"
    } else {
        "does not hold"
    }
}

/// `0.1234 ± 0.0056`.
pub fn said(values: &[f64]) -> String {
    let (mean, error) = mean_and_error(values);
    format!("{mean:.4} ± {error:.4}")
}
