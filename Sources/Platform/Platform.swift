// What the program needs of the system: files, JSON and the C library. On Linux the small half of Foundation has it;
// all of Foundation would bring 34 MB of tables of the world's languages into the program.
#if canImport(FoundationEssentials)
    @_exported import FoundationEssentials
#else
    @_exported import Foundation
#endif
#if canImport(Glibc)
    @_exported import Glibc
#elseif canImport(Musl)
    @_exported import Musl
#endif
