"""Writes student_t.txt: two-sided probabilities of Student's t distribution with 50 digits.

    python3 student_t.py > student_t.txt        (mpmath 1.3.0)
"""

from mpmath import betainc, mp, mpf, nstr

mp.dps = 70

DEGREES = [0.5, 1, 1.5, 2, 3, 4.75, 10, 29, 58, 100.25, 1e3, 1e4, 1e5, 1e6]
TS = [1e-8, 1e-3, 0.1, 0.5, 0.9, 1, 1.1, 1.75, 2, 3, 5, 8, 12, 20, 30, 36, 1e3, 1e10, 1e100, 1e150]

print("# degrees of freedom, t, probability; written by student_t.py")
for df in DEGREES:
    for t in TS:
        nu, square = mpf(df), mpf(t) ** 2
        p = betainc(nu / 2, mpf(1) / 2, 0, nu / (nu + square), regularized=True)
        if p >= mpf(10) ** -300:
            print(df, t, nstr(p, 50))
