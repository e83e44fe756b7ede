import COpenBLAS

/// Calls `body` while OpenBLAS uses one thread for each of its callers, so that several threads may call it at once.
func withOneThreadOfOpenBLAS<Result>(_ body: () throws -> Result) rethrows -> Result {
    let threadsBefore = openblas_get_num_threads()
    openblas_set_num_threads(1)
    defer { openblas_set_num_threads(threadsBefore) }
    return try body()
}
