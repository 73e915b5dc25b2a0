// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/ssh_command.h"

#include <QRegularExpression>
#include <QStringList>

namespace seatrial::gui {

namespace {

QString quoted(const std::string& word)
{
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_@%+=:,./-]+$"));
    const QString text = QString::fromStdString(word);
    if (plain.match(text).hasMatch())
        return text;
    return QLatin1Char('\'') + QString(text).replace(QLatin1Char('\''), QStringLiteral("'\\''")) + QLatin1Char('\'');
}

} // namespace

QString sshCommand(const domain::Node& node)
{
    QStringList words{QStringLiteral("ssh")};
    if (node.ssh.port)
        words << QStringLiteral("-p") << QString::number(*node.ssh.port);
    if (!node.ssh.identity.empty())
        words << QStringLiteral("-i") << quoted(node.ssh.identity.string()) << QStringLiteral("-o") << QStringLiteral("IdentitiesOnly=yes");
    if (!node.ssh.certificate.empty())
        words << QStringLiteral("-o") << quoted("CertificateFile=" + node.ssh.certificate.string());
    if (!node.ssh.knownHosts.empty())
        words << QStringLiteral("-o") << quoted("UserKnownHostsFile=" + node.ssh.knownHosts.string());
    if (node.ssh.jumps) {
        std::string jumps;
        for (const auto& jump : *node.ssh.jumps)
            jumps += (jumps.empty() ? "" : ",") + jump;
        words << QStringLiteral("-J") << quoted(jumps.empty() ? "none" : jumps);
    }
    words << quoted((node.ssh.user.empty() ? std::string() : node.ssh.user + "@") + node.address);
    return words.join(QLatin1Char(' '));
}

} // namespace seatrial::gui
