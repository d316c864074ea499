"""Libraries: the fastest of ours that answers alike, in the same rounds."""


def test_each_library_stands_beside_the_fastest_exact_row(implicit_digest):
    family = implicit_digest.family("implicit")
    assert {b.library for b in family.libraries} == {"torchdeq_fixed_point", "jaxopt_bicgstab", "lineax_gmres"}
    for beside in family.libraries:
        rows = family.find(beside.series).rows
        own = [
            (cell.seconds.value, row.name)
            for row in rows
            if row.role == "method" and row.exact and row.computes == "parameter_gradient"
            if (cell := row.at(beside.size)) is not None and cell.seconds is not None
        ]
        assert beside.ours == min(own)[1]
        assert beside.ratio.value > 0


def test_a_family_without_libraries_has_none(implicit_digest):
    assert implicit_digest.family("logdet").libraries == ()
