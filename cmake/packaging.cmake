# SPDX-License-Identifier: GPL-3.0-or-later
# A Debian package of the release build: cpack --config build/CPackConfig.cmake -G DEB
set(CPACK_PACKAGE_NAME seatrial)
set(SEATRIAL_PACKAGER "Seatrial <seatrial@localhost>" CACHE STRING "Who answers for the package, as its Maintainer field says it")
set(CPACK_PACKAGE_CONTACT "${SEATRIAL_PACKAGER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION "Measures every node of a cluster over SSH, judges what was measured against limits that\
 name their source, and shows it rack by rack. A window (seatrial) and a command (seatrialctl) over one core.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS openssh-client) # asked by 'ssh -G' for the user's SSH configuration
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS fonts-inter)
include(CPack)
