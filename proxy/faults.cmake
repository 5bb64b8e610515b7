# The engine: events in, plans out. No I/O, no clock, no third-party code. Brings FaultSession.
add_library(proxy_faults STATIC
  engine_insert.cpp
  engine_rules.cpp
  fault_engine.cpp
  fault_session.cpp
  output_stack.cpp
  rule_book.cpp
  rule_match.cpp
  session_core.cpp
  unit_edit.cpp
  unit_kind.cpp)
target_link_libraries(proxy_faults PUBLIC proxy_rules PRIVATE mig_options)
