# The pure part: rules in, plans out. No I/O, no clock, no third-party code.
add_library(faults STATIC
  engine_insert.cpp
  engine_rules.cpp
  fault_engine.cpp
  fault_session.cpp
  output_plan.cpp
  output_stack.cpp
  rule_book.cpp
  rule_check.cpp
  rule_match.cpp
  rule_parser.cpp
  rule_print.cpp
  rule_values.cpp
  rule_vocabulary.cpp
  session_core.cpp
  unit_edit.cpp
  unit_kind.cpp)
target_include_directories(faults PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(faults PUBLIC dissector PRIVATE $<BUILD_INTERFACE:mig_options>)
