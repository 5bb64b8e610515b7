# The I/O half: everything but main() and the command line. Needs a FaultSession from whoever links it.
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS json)
find_package(CLI11 REQUIRED)

add_library(proxy_relay STATIC
  address.cpp
  connection.cpp
  connector.cpp
  json_log.cpp
  json_summary.cpp
  lane.cpp
  lane_steps.cpp
  leg.cpp
  line_writer.cpp
  listener.cpp
  page_folder.cpp
  relay.cpp
  summary.cpp
  trace.cpp
  words.cpp)
target_include_directories(proxy_relay PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(proxy_relay PUBLIC dissector Boost::headers Boost::json Threads::Threads PRIVATE mig_options)
target_compile_definitions(proxy_relay PUBLIC BOOST_ASIO_NO_DEPRECATED)

add_executable(migproxy
  completion.cpp
  main.cpp
  options.cpp
  program.cpp)
target_link_libraries(migproxy PRIVATE proxy_relay proxy_faults CLI11::CLI11 mig_options)
target_compile_definitions(migproxy PRIVATE MIG_VERSION="${PROJECT_VERSION}")

# Made by the program itself, so that they know every option and rule it knows.
set(completions ${CMAKE_CURRENT_BINARY_DIR}/completions)
add_custom_command(
  OUTPUT ${completions}/migproxy ${completions}/_migproxy
  COMMAND ${CMAKE_COMMAND} -E make_directory ${completions}
  COMMAND migproxy --completion bash > ${completions}/migproxy
  COMMAND migproxy --completion zsh > ${completions}/_migproxy
  DEPENDS migproxy
  VERBATIM)
add_custom_target(migproxy_completions ALL DEPENDS ${completions}/migproxy ${completions}/_migproxy)

install(TARGETS migproxy RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${PROJECT_SOURCE_DIR}/docs/migproxy.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${completions}/migproxy DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completions}/_migproxy DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
