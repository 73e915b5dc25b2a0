// SPDX-License-Identifier: GPL-3.0-or-later
// The dialog for passphrases, passwords and prompts. With SEATRIAL_WRITE_PICTURES=FOLDER it draws itself there.
#include "gui/dialogs/secret_dialog.h"
#include "gui/theme/theme_controller.h"

#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTest>
#include <QTextEdit>

using namespace seatrial;
using namespace seatrial::gui;
using campaign::SecretQuestion;

class TestSecretDialog : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { m_themes = std::make_unique<ThemeController>(); }

    void keyboardAlone()
    {
        SecretDialog dialog(code());
        dialog.show();
        QVERIFY(QTest::qWaitForWindowExposed(&dialog));
        const auto fields = dialog.findChildren<QLineEdit*>();
        QCOMPARE(fields.size(), 2);
        QVERIFY(dialog.focusWidget() == fields[0]);
        QCOMPARE(fields[0]->echoMode(), QLineEdit::Password);
        QCOMPARE(fields[1]->echoMode(), QLineEdit::Normal);
        QTest::keyClicks(fields[0], QStringLiteral("123456"));
        QTest::keyClick(fields[0], Qt::Key_Return);
        QVERIFY(dialog.isVisible());
        QVERIFY(dialog.focusWidget() == fields[1]);
        fields[1]->insert(QStringLiteral("häll-3")); // keyClicks knows ASCII alone
        QTest::keyClick(fields[1], Qt::Key_Return);
        QVERIFY(!dialog.isVisible());
        const auto answer = dialog.takeAnswer();
        QVERIFY(answer && !answer->keep);
        QCOMPARE(answer->texts, (std::vector<std::string>{"123456", "häll-3"}));
        QVERIFY(fields[0]->text().isEmpty() && fields[1]->text().isEmpty());
        QVERIFY(!dialog.takeAnswer());
    }

    void escapeAnswersNothing()
    {
        SecretDialog dialog(password());
        dialog.show();
        QTest::keyClicks(dialog.focusWidget(), QStringLiteral("sesame"));
        QTest::keyClick(&dialog, Qt::Key_Escape);
        QVERIFY(!dialog.isVisible());
        QVERIFY(!dialog.takeAnswer());
    }

    void showToggle()
    {
        SecretDialog dialog(code());
        const auto fields = dialog.findChildren<QLineEdit*>();
        auto* show = dialog.findChild<QCheckBox*>(QStringLiteral("show"));
        show->click();
        QCOMPARE(fields[0]->echoMode(), QLineEdit::Normal);
        show->click();
        QCOMPARE(fields[0]->echoMode(), QLineEdit::Password);
        QCOMPARE(fields[1]->echoMode(), QLineEdit::Normal);
    }

    void keptOnlyWhenTicked()
    {
        for (const bool tick : {false, true}) {
            SecretQuestion question = password();
            question.mayKeep = true;
            SecretDialog dialog(question);
            auto* keep = dialog.findChild<QCheckBox*>(QStringLiteral("keep"));
            QVERIFY(keep && !keep->isChecked());
            keep->setChecked(tick);
            dialog.findChild<QLineEdit*>()->setText(QStringLiteral("sesame"));
            dialog.findChild<QPushButton*>(QStringLiteral("send"))->click();
            QCOMPARE(dialog.takeAnswer()->keep, tick);
        }
    }

    void withoutAKeychainThereIsNoBoxButTheReason()
    {
        SecretQuestion question = password();
        question.whyNotKept = "no keychain runs";
        SecretDialog dialog(question);
        QVERIFY(!dialog.findChild<QCheckBox*>(QStringLiteral("keep")));
        QVERIFY(dialog.findChild<QLabel*>(QStringLiteral("whyNotKept"))->text().contains(QStringLiteral("no keychain runs")));
    }

    void refusedIsSaid()
    {
        SecretDialog fresh(password());
        QVERIFY(!fresh.findChild<QWidget*>(QStringLiteral("refused")));
        SecretQuestion question = password();
        question.refusedBefore = true;
        SecretDialog again(question);
        QVERIFY(again.findChild<QWidget*>(QStringLiteral("refused")));
    }

    void nothingIsNoPassword()
    {
        SecretDialog dialog(password());
        auto* send = dialog.findChild<QPushButton*>(QStringLiteral("send"));
        QVERIFY(!send->isEnabled());
        dialog.findChild<QLineEdit*>()->setText(QStringLiteral("x"));
        QVERIFY(send->isEnabled());
    }

    // Nothing that a node says is trusted: no markup, no control characters, and no dialog as large as a house.
    void hostileWordsAreHarmless()
    {
        SecretQuestion question = code();
        question.instruction = "<b>bold</b>\x1b[31mred\x07 " + std::string(50'000, 'W') + std::string(5'000, '\n');
        question.prompts = {{"<img src=x>\x1b]0;title\x07" + std::string(20'000, 'M'), false}};
        for (int i = 0; i < 15; ++i)
            question.prompts.push_back({"", true});
        SecretDialog dialog(question);
        dialog.show();
        for (const auto* label : dialog.findChildren<QLabel*>()) {
            QVERIFY(label->textFormat() == Qt::PlainText);
            QVERIFY(!label->text().contains(QChar(0x1b)) && label->text().size() < 300);
        }
        const QString said = dialog.findChild<QTextEdit*>(QStringLiteral("instruction"))->toPlainText();
        QVERIFY(said.contains(QStringLiteral("<b>bold</b>")) && !said.contains(QChar(0x1b)) && said.size() < 5000);
        QVERIFY2(dialog.height() <= 900 && dialog.width() <= 900, qPrintable(QStringLiteral("%1x%2").arg(dialog.width()).arg(dialog.height())));
    }

    void pictures_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::addColumn<QString>("kind");
        for (const bool dark : {false, true}) {
            for (const auto* kind : {"passphrase", "password", "prompts"})
                QTest::addRow("%s%s", kind, dark ? "-dark" : "") << dark << kind;
        }
    }
    void pictures()
    {
        QFETCH(bool, dark);
        QFETCH(QString, kind);
        m_themes->setChoice(dark ? ThemeChoice::Dark : ThemeChoice::Light);
        SecretQuestion question = kind == QStringLiteral("password") ? password() : code();
        if (kind == QStringLiteral("passphrase")) {
            question.kind = SecretQuestion::Kind::Passphrase;
            question.subject = "/home/ops/.ssh/keys/hall-3_ed25519";
            question.instruction.clear();
            question.prompts = {{"Passphrase: ", false}};
            question.mayKeep = true;
        } else if (kind == QStringLiteral("password")) {
            question.refusedBefore = true;
            question.whyNotKept = "no keychain runs on this computer (a secret service or KWallet)";
        }
        SecretDialog dialog(question);
        dialog.show();
        QVERIFY(QTest::qWaitForWindowExposed(&dialog));
        const QImage picture = dialog.grab().toImage();
        QVERIFY(picture.width() >= 500 && picture.height() >= 200);
        for (const auto* label : dialog.findChildren<QLabel*>())
            QVERIFY2(label->width() >= label->minimumSizeHint().width() && label->height() >= label->heightForWidth(label->width()), qPrintable(label->text()));
        if (const QString folder = qEnvironmentVariable("SEATRIAL_WRITE_PICTURES"); folder.size() > 1)
            QVERIFY(picture.save(folder + QStringLiteral("/secret-%1%2.png").arg(kind, dark ? QStringLiteral("-dark") : QString())));
    }

private:
    static SecretQuestion password()
    {
        SecretQuestion question;
        question.node = domain::NodeId("r07n03");
        question.subject = "ops on the nodes of hall-3.yaml";
        question.prompts = {{"Password: ", false}};
        return question;
    }
    static SecretQuestion code()
    {
        SecretQuestion question;
        question.kind = SecretQuestion::Kind::Prompts;
        question.node = domain::NodeId("r07n03");
        question.subject = "ops@10.7.0.3";
        question.instruction = "Hall 3 login\nA code was sent to your phone. Authorised use only.";
        question.prompts = {{"Verification code: ", false}, {"Reason for this login: ", true}};
        return question;
    }

    std::unique_ptr<ThemeController> m_themes;
};

QTEST_MAIN(TestSecretDialog)
#include "tst_secret_dialog.moc"
