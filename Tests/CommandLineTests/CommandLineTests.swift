import Testing

/// The built program under mpirun. One job at a time: a machine may have few cores.
@Suite(.serialized) struct CommandLineTests {}
