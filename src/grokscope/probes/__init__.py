"""What is measured of a net: pure functions of weights, nets and data, vectorised by the caller or by themselves."""
