# One interface target carries the warnings and sanitizers; every target of ours links it privately.
option(MIG_BUILD_PROGRAMS "Build migreplay, migproxy and migvalidate" ON)
option(MIG_BUILD_PLUGIN "Build the Wireshark plugin" ON)
option(MIG_BUILD_TESTS "Build the tests" ON)
option(MIG_BUILD_FUZZ "Build the libFuzzer programs (clang, with the tests)" OFF)
option(MIG_BUILD_BENCH "Build the benchmarks" ON)
option(MIG_REQUIRE_ALL "Fail when something is missing, instead of building what can be built without it" OFF)
option(MIG_WARNINGS_AS_ERRORS "A warning ends the build" OFF)
option(MIG_TIDY "Run clang-tidy on every file" OFF)
option(MIG_ASSERTIONS "Keep assert() in optimised builds" OFF)
include(CheckCXXCompilerFlag)
# A page record goes through parser and analyses in a hundred steps; across files they are inlined only so.
string(COMPARE EQUAL "${CMAKE_BUILD_TYPE}" Release MIG_LTO_WANTED)
option(MIG_LTO "Optimise the parser and migreplay at link time" ${MIG_LTO_WANTED})
# Programs that read what strangers sent. `hardening` in tests/ reads it back from the files.
option(MIG_HARDENING "Stack protector, checked libc and libstdc++ calls, read-only relocations" ${MIG_LTO_WANTED})
set(MIG_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")

add_library(mig_options INTERFACE)
target_compile_features(mig_options INTERFACE cxx_std_20)
target_compile_options(mig_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
                                             -Wnon-virtual-dtor)
if(MIG_WARNINGS_AS_ERRORS)
  target_compile_options(mig_options INTERFACE -Werror)
endif()
# g++ 12 sees overlaps in string concatenations at -O3 where there are none (GCC bug 105329).
target_compile_options(mig_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(MIG_HARDENING)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
                      -D_GLIBCXX_ASSERTIONS)
  check_cxx_compiler_flag(-fcf-protection MIG_HAS_CF_PROTECTION)  # x86: indirect branches land where the compiler said
  if(MIG_HAS_CF_PROTECTION)
    add_compile_options(-fcf-protection)
  endif()
  add_link_options(-Wl,-z,relro,-z,now)
endif()
if(MIG_ASSERTIONS)
  target_compile_options(mig_options INTERFACE -UNDEBUG)
endif()
if(MIG_SANITIZE)
  # A null pointer ends the program anyway, and numbers are put together byte by byte: these two checks are half of
  # g++'s time.
  target_compile_options(mig_options INTERFACE -fsanitize=${MIG_SANITIZE}
                         $<$<CXX_COMPILER_ID:GNU>:-fno-sanitize=null,alignment>
                         # g++ 12 takes the other members of a variant for uninitialised, with sanitizers only.
                         $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
                         -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(mig_options INTERFACE -fsanitize=${MIG_SANITIZE})
endif()
if(MIG_BUILD_FUZZ)
  # The fuzzer sees which code of ours an input reaches; its main() comes with the targets.
  target_compile_options(mig_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(MIG_TIDY)
  find_program(MIG_CLANG_TIDY clang-tidy REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY ${MIG_CLANG_TIDY} --quiet)
endif()
find_program(MIG_CCACHE ccache)
if(MIG_CCACHE AND NOT MIG_TIDY)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MIG_CCACHE})
endif()

# For presets that compile several files at once (a third of the time): these have the same local names as others, or replace
# operator new.
function(mig_compiled_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# Optimises `target` at link time, where that is wanted.
function(mig_link_time_optimised target)
  set_target_properties(${target} PROPERTIES INTERPROCEDURAL_OPTIMIZATION ${MIG_LTO})
endfunction()
