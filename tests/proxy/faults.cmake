# Rules and engine: no sockets, no sleeping.
mig_test(fault_tests
  capture_pass_test.cpp
  engine_close_test.cpp
  engine_edit_test.cpp
  engine_message_test.cpp
  engine_wait_test.cpp
  rule_refusal_test.cpp
  rule_text_test.cpp)
target_sources(fault_tests PRIVATE playbook.cpp scenes.cpp)
target_link_libraries(fault_tests PRIVATE proxy_faults capture)
