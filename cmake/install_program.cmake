# A program with its man page and its completions. The latter are made by the program itself, so that they know every
# option it knows.
function(mig_install_program program)  # fish: it can print a script for that shell too
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/completions)
  add_custom_command(
    OUTPUT ${folder}/${program} ${folder}/_${program}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
    COMMAND ${program} --completion bash > ${folder}/${program}
    COMMAND ${program} --completion zsh > ${folder}/_${program}
    DEPENDS ${program}
    VERBATIM)
  if("fish" IN_LIST ARGN)
    add_custom_command(
      OUTPUT ${folder}/${program}.fish
      COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
      COMMAND ${program} --completion fish > ${folder}/${program}.fish
      DEPENDS ${program}
      VERBATIM)
    add_custom_target(${program}_fish_completion ALL DEPENDS ${folder}/${program}.fish)
    install(FILES ${folder}/${program}.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  endif()
  add_custom_target(${program}_completions ALL DEPENDS ${folder}/${program} ${folder}/_${program})
  install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES ${PROJECT_SOURCE_DIR}/docs/${program}.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${folder}/${program} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${folder}/_${program} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endfunction()
