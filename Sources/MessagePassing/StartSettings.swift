import Platform

/// Settings that spare Open MPI what a job does not need when it starts. Other MPI libraries ignore them, and what the
/// environment says already stays.
enum StartSettings {
    /// Sets them in the environment of this process.
    static func apply() {
        // A process without a launcher would start a daemon, only to be able to start other processes: 0.1 s.
        setenv("OMPI_MCA_ess_singleton_isolated", "1", 0)
        // Between the ranks of one host messages pass through shared memory. To look for networks takes 0.2 s.
        if isOnOneHost { setenv("OMPI_MCA_pml", "ob1", 0) }
    }

    /// Whether all ranks are known to be on this host; the same on all ranks.
    private static var isOnOneHost: Bool {
        let environment = ProcessInfo.processInfo.environment
        if let ranks = environment["OMPI_COMM_WORLD_SIZE"] {
            return ranks == environment["OMPI_COMM_WORLD_LOCAL_SIZE"]
        }
        let isLaunched = ["PMIX_RANK", "PMIX_NAMESPACE", "PMI_RANK", "PMI_FD"].contains { environment[$0] != nil }
        return !isLaunched || environment["SLURM_STEP_NUM_NODES"] == "1"
    }
}
