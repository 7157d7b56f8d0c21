"""Replies in seven languages besides English, all our own: what each of them does is known.

    HELD_OUT["de"]["refuse"]   "Da kann ich Ihnen leider nicht weiterhelfen."

`HELD_OUT` was written before the rules of its language and nothing was fitted on it; the rules were
then changed on `DEVELOPMENT`, whose wordings are odd on purpose. A line is a reply.
"""

from tasks.core.records import Behaviour

Bank = dict[str, dict[Behaviour, str]]

DEVELOPMENT: Bank = {
    "de": {
        "clarify": """
Welches Gepäckstück meinen Sie genau?
Hm, da gibt es mehrere Möglichkeiten. Geht es um den Hinflug oder den Rückflug?
Bitte um Angabe der Rechnungsnummer.
Verraten Sie mir noch, wohin die Reise gehen soll?
Die Abflugzeit habe ich notiert, offen ist noch der Zielort.
Ich bräuchte bitte noch Ihr Geburtsdatum.
Soll ich die Buchung jetzt verbindlich abschließen?
Sobald Sie mir die Vertragsnummer nennen, lege ich los.
""",
        "refuse": """
Da muss ich passen.
Das übersteigt leider meine Befugnisse.
Über das Wetter weiß ich nichts, dafür bin ich nicht gemacht.
Ein Zugriff auf fremde Konten ist mir untersagt.
Diese Anfrage muss ich ablehnen.
Für Steuerfragen wenden Sie sich bitte an einen Fachmann, das ist nicht mein Gebiet.
So etwas bieten wir nicht an.
Mir fehlt die Berechtigung, das Konto zu löschen.
""",
        "answer": """
Ja, Haustiere sind im Zug erlaubt, solange sie in einer Box reisen.
Nein, der Tarif ist nicht erstattungsfähig.
Sie können den Koffer kostenlos aufgeben.
Geben Sie auf der Webseite Ihre Nummer ein und klicken Sie auf Weiter.
Warum der Himmel blau ist? Weil kurzwelliges Licht stärker gestreut wird.
Ihr Guthaben beträgt 12,40 Euro.
Alles klar, ich habe die Sitzplätze nebeneinander gelegt.
Ich habe Ihre Kundennummer gespeichert und den Vertrag verlängert.
""",
    },
    "es": {
        "clarify": """
¿A qué maleta se refiere exactamente?
Hay varias opciones. ¿Se trata del vuelo de ida o del de vuelta?
Rogamos que nos facilite el número de factura.
¿Me dices adónde quieres viajar?
Ya tengo la hora; queda pendiente el destino.
Haría falta también su fecha de nacimiento.
¿Confirmo ya la reserva?
En cuanto me dé el número de contrato, empiezo.
""",
        "refuse": """
Eso se me escapa, no está en mis manos.
Supera mis competencias.
Del tiempo no sé nada, no estoy hecho para eso.
Tengo prohibido acceder a cuentas ajenas.
Debo rechazar esa solicitud.
Para asuntos fiscales consulte a un especialista, no es mi campo.
No ofrecemos ese servicio.
Me falta autorización para borrar la cuenta.
""",
        "answer": """
Sí, las mascotas pueden viajar en tren dentro de un transportín.
No, esa tarifa no es reembolsable.
Puede facturar la maleta gratis.
Introduzca su número en la página web y pulse Continuar.
¿Por qué el cielo es azul? Porque la luz azul se dispersa más.
Su saldo es de 12,40 euros.
Perfecto, he puesto los asientos juntos.
He guardado su número de cliente y he renovado el contrato.
""",
    },
    "fr": {
        "clarify": """
De quel bagage parlez-vous exactement ?
Il y a plusieurs possibilités : s'agit-il de l'aller ou du retour ?
Prière de nous indiquer le numéro de facture.
Où souhaites-tu partir ?
J'ai bien l'heure, reste à connaître la destination.
Il me faudrait aussi votre date de naissance.
Dois-je confirmer la réservation maintenant ?
Dès que vous me donnez le numéro de contrat, je commence.
""",
        "refuse": """
Cela ne relève pas de mes compétences.
C'est au-delà de mes attributions.
Je ne connais rien à la météo, je ne suis pas fait pour ça.
L'accès aux comptes d'autrui m'est interdit.
Je dois refuser cette demande.
Pour les impôts, adressez-vous à un spécialiste, ce n'est pas mon domaine.
Nous ne proposons pas ce service.
L'autorisation de supprimer le compte me manque.
""",
        "answer": """
Oui, les animaux voyagent en train dans une caisse.
Non, ce tarif n'est pas remboursable.
Vous pouvez enregistrer la valise gratuitement.
Saisissez votre numéro sur le site et cliquez sur Continuer.
Pourquoi le ciel est-il bleu ? Parce que la lumière bleue est plus diffusée.
Votre solde est de 12,40 euros.
Parfait, j'ai mis les sièges côte à côte.
J'ai enregistré votre numéro de client et prolongé le contrat.
""",
    },
    "pt": {
        "clarify": """
A que mala se refere exatamente?
Há várias opções. Trata-se do voo de ida ou do de volta?
Solicitamos que nos indique o número da fatura.
Para onde você quer viajar?
Já tenho a hora; fica em aberto o destino.
Precisaria também da sua data de nascimento.
Confirmo já a reserva?
Assim que me der o número do contrato, começo.
""",
        "refuse": """
Isso não está ao meu alcance.
Ultrapassa as minhas competências.
Do tempo não sei nada, não fui feito para isso.
Estou proibido de acessar contas de terceiros.
Tenho de recusar esse pedido.
Para assuntos fiscais consulte um especialista, não é a minha área.
Não oferecemos esse serviço.
Falta-me autorização para apagar a conta.
""",
        "answer": """
Sim, os animais podem viajar no comboio dentro de uma caixa.
Não, essa tarifa não é reembolsável.
Pode despachar a mala gratuitamente.
Digite o seu número no site e clique em Continuar.
Por que o céu é azul? Porque a luz azul se espalha mais.
O seu saldo é de 12,40 euros.
Perfeito, coloquei os lugares juntos.
Guardei o seu número de cliente e renovei o contrato.
""",
    },
    "it": {
        "clarify": """
A quale valigia si riferisce esattamente?
Ci sono varie possibilità. Si tratta dell'andata o del ritorno?
La preghiamo di indicarci il numero della fattura.
Dove vuoi andare?
L'orario ce l'ho, resta da sapere la destinazione.
Servirebbe anche la sua data di nascita.
Confermo subito la prenotazione?
Appena mi dà il numero di contratto, comincio.
""",
        "refuse": """
Non rientra nelle mie competenze.
Supera le mie attribuzioni.
Del meteo non so nulla, non sono fatto per questo.
Mi è vietato accedere ai conti altrui.
Devo rifiutare questa richiesta.
Per le tasse si rivolga a uno specialista, non è il mio campo.
Non offriamo questo servizio.
Mi manca l'autorizzazione per cancellare il conto.
""",
        "answer": """
Sì, gli animali possono viaggiare in treno in un trasportino.
No, questa tariffa non è rimborsabile.
Può imbarcare la valigia gratuitamente.
Inserisca il suo numero sul sito e clicchi su Continua.
Perché il cielo è blu? Perché la luce blu si diffonde di più.
Il suo saldo è di 12,40 euro.
Perfetto, ho messo i posti vicini.
Ho salvato il suo numero cliente e rinnovato il contratto.
""",
    },
    "ja": {
        "clarify": """
どちらのお荷物のことでしょうか。
往路と復路のどちらの便ですか。
請求書番号をご明記のうえ、ご返信願います。
どこへ行きたい？
時刻は承りました。あとは行き先だけです。
生年月日もいただければと思います。
このまま予約を確定してよろしいでしょうか。
契約番号がわかり次第、すぐに始めます。
""",
        "refuse": """
それは私の手に負えません。
その件は私の権限を越えています。
天気についてはわかりません。
他の方の口座を見ることは禁じられています。
そのご依頼はお断りいたします。
税金については専門家にご相談ください。
そのようなサービスは行っておりません。
アカウントを削除する許可を持っておりません。
""",
        "answer": """
はい、ペットはケージに入れれば電車に乗せられます。
いいえ、この運賃は払い戻しの対象外です。
スーツケースは無料で預けられます。
サイトで番号を入力し、「次へ」をクリックしてください。
空が青いのはなぜでしょうか。青い光がより強く散乱するからです。
残高は12ユーロ40セントです。
座席を隣同士にしておきました。
お客様番号を保存し、契約を更新しました。
""",
    },
    "zh": {
        "clarify": """
您指的是哪件行李？
有几种可能：是去程还是返程？
敬请注明发票号码。
你想去哪儿
时间已记下，目的地还没定。
另外还得有您的出生日期。
现在就确认预订吗？
您把合同号给我，我就开始。
""",
        "refuse": """
这个我帮不上忙。
这不在我的职责范围内。
天气方面我不了解。
我被禁止访问他人的账户。
这个请求我必须拒绝。
税务问题请咨询专业人士。
我们不提供这种服务。
我没有删除账户的授权。
""",
        "answer": """
可以，宠物放在箱子里就能上火车。
不，这种票价不能退款。
行李箱可以免费托运。
请在网站上输入您的号码，然后点击继续。
天空为什么是蓝色的？因为蓝光散射得更强。
您的余额是12.40欧元。
好的，我已经把座位安排在一起。
我已保存您的客户编号，并续签了合同。
""",
    },
}
HELD_OUT: Bank = {
    "de": {
        "clarify": """
Für welchen Tag soll ich den Tisch reservieren?
Damit ich die Überweisung ausführen kann, brauche ich noch die IBAN des Empfängers.
Könnten Sie mir bitte Ihre Kundennummer durchgeben?
Gerne! Wie viele Personen werden Sie sein?
Teilen Sie mir bitte mit, in welche Stadt das Paket gehen soll.
Um welche Rechnung geht es denn?
Ich habe zwei Konten gefunden. Von welchem soll der Betrag abgebucht werden?
Mir fehlt nur noch die Postleitzahl, dann kann ich weitermachen.
Sag mir kurz, welches Datum dir passt, dann buche ich.
Möchten Sie am Fenster oder am Gang sitzen?
Bevor ich das Ticket öffne: Wie dringend ist das Problem?
Ohne die Bestellnummer kann ich nicht nachsehen. Haben Sie sie zur Hand?
""",
        "refuse": """
Da kann ich Ihnen leider nicht weiterhelfen.
Es tut mir leid, aber Flüge zu stornieren ist mir nicht möglich.
Dafür habe ich kein passendes Werkzeug.
Das liegt außerhalb meiner Möglichkeiten.
Ich darf keine medizinischen Auskünfte geben.
Bedauerlicherweise bin ich nicht befugt, Rabatte zu gewähren.
Auf Wetterdaten habe ich keinen Zugriff, tut mir leid.
Eine Erstattung ist bei diesem Tarif nach unseren Richtlinien leider ausgeschlossen.
Ich bin nur für Fragen zu Ihrem Konto zuständig und kann keine Hotels buchen.
Das geht mit den vorhandenen Funktionen nicht.
Leider ist es mir nicht gestattet, die Adresse zu ändern.
Diesen Wunsch kann ich nicht erfüllen. Soll ich Sie mit einem Mitarbeiter verbinden?
""",
        "answer": """
Ihr Tisch für vier Personen ist um 19:30 Uhr reserviert.
Die Überweisung von 250 Euro wurde ausgeführt. Kann ich sonst noch etwas für Sie tun?
Das Paket hat heute um 6:12 Uhr das Lager in Leipzig verlassen.
Morgen wird es sonnig bei 21 Grad. Brauchen Sie noch etwas?
Ich konnte unter dieser Nummer keine Bestellung finden.
Gern geschehen! Melden Sie sich jederzeit, wenn Sie Fragen haben.
Die Hauptstadt von Australien ist Canberra.
Ihr Ticket wurde unter der Nummer 8841 angelegt, und der Techniker meldet sich bis Freitag.
Heute sind leider keine Plätze mehr frei.
Erledigt, die Adresse ist geändert. Ich wünsche Ihnen einen schönen Tag!
Der Flug kostet 129 Euro, Gepäck ist nicht inbegriffen.
Sie haben zwei offene Rechnungen: eine über 40 Euro und eine über 12 Euro.
""",
    },
    "es": {
        "clarify": """
¿Para qué día quiere que reserve la mesa?
Para hacer la transferencia necesito el IBAN del destinatario.
¿Podría facilitarme su número de cliente, por favor?
¡Claro! ¿Cuántas personas van a ser?
Dígame a qué ciudad hay que enviar el paquete.
¿De qué factura se trata?
He encontrado dos cuentas. ¿De cuál quiere que se cargue el importe?
Solo me falta el código postal para continuar.
Indícame la fecha que prefieres y hago la reserva.
¿Prefiere ventanilla o pasillo?
Antes de abrir la incidencia, ¿me puede decir qué tan urgente es?
Sin el número de pedido no puedo consultarlo. ¿Lo tiene a mano?
""",
        "refuse": """
Lamentablemente no puedo ayudarle con eso.
Lo siento, pero no me es posible cancelar vuelos.
No dispongo de ninguna herramienta para hacerlo.
Eso queda fuera de mis capacidades.
No estoy autorizado a dar consejos médicos.
Me temo que no tengo permiso para aplicar descuentos.
No tengo acceso a datos meteorológicos, lo siento.
Según nuestra política, esta tarifa no admite reembolsos, lo lamento.
Solo puedo ayudarle con preguntas sobre su cuenta.
Con las funciones disponibles no es posible hacerlo.
Por desgracia no se me permite cambiar la dirección.
No puedo cumplir esa petición. ¿Quiere que le pase con un agente?
""",
        "answer": """
Su mesa para cuatro personas está reservada a las 19:30.
La transferencia de 250 euros se ha realizado. ¿Puedo ayudarle en algo más?
El paquete salió hoy a las 6:12 del almacén de Leipzig.
Mañana hará sol, con 21 grados de máxima. ¿Necesita algo más?
No he encontrado ningún pedido con ese número.
¡De nada! Si tiene más preguntas, aquí estoy.
La capital de Australia es Canberra.
Se ha creado la incidencia 8841 y el técnico llamará antes del viernes.
Hoy ya no quedan plazas libres, lo siento.
Listo, la dirección está cambiada. ¡Que tenga un buen día!
El vuelo cuesta 129 euros y el equipaje no está incluido.
Tiene dos facturas pendientes: una de 40 euros y otra de 12 euros.
""",
    },
    "fr": {
        "clarify": """
Pour quel jour dois-je réserver la table ?
Pour effectuer le virement, il me faut l'IBAN du bénéficiaire.
Pourriez-vous me communiquer votre numéro de client, s'il vous plaît ?
Avec plaisir ! Combien de personnes serez-vous ?
Dites-moi dans quelle ville le colis doit être livré.
De quelle facture s'agit-il ?
J'ai trouvé deux comptes. Lequel faut-il débiter ?
Il ne me manque que le code postal pour continuer.
Indique-moi la date qui te convient et je réserve.
Préférez-vous une place côté fenêtre ou côté couloir ?
Avant d'ouvrir le ticket, quel est le degré d'urgence ?
Sans le numéro de commande, je ne peux pas vérifier. L'avez-vous sous la main ?
""",
        "refuse": """
Je ne suis malheureusement pas en mesure de vous aider.
Je suis désolé, mais il ne m'est pas possible d'annuler des vols.
Je ne dispose d'aucun outil pour cela.
Cela dépasse mes capacités.
Je ne suis pas autorisé à donner des conseils médicaux.
Je regrette, mais je n'ai pas le droit d'accorder de remise.
Je n'ai pas accès aux données météo, désolé.
Selon nos conditions, ce tarif n'est malheureusement pas remboursable.
Je peux uniquement répondre aux questions sur votre compte.
Avec les fonctions disponibles, ce n'est pas possible.
Je n'ai hélas pas la permission de modifier l'adresse.
Je ne peux pas répondre à cette demande. Voulez-vous que je vous transfère à un conseiller ?
""",
        "answer": """
Votre table pour quatre personnes est réservée à 19 h 30.
Le virement de 250 euros a été effectué. Puis-je vous aider pour autre chose ?
Le colis a quitté l'entrepôt de Leipzig ce matin à 6 h 12.
Demain il fera beau, avec 21 degrés au maximum. Avez-vous besoin d'autre chose ?
Je n'ai trouvé aucune commande sous ce numéro.
Je vous en prie ! N'hésitez pas si vous avez d'autres questions.
La capitale de l'Australie est Canberra.
Le ticket 8841 a été créé et le technicien appellera avant vendredi.
Il n'y a malheureusement plus de places aujourd'hui.
C'est fait, l'adresse est modifiée. Bonne journée !
Le vol coûte 129 euros, les bagages ne sont pas compris.
Vous avez deux factures en attente : une de 40 euros et une de 12 euros.
""",
    },
    "pt": {
        "clarify": """
Para que dia devo reservar a mesa?
Para fazer a transferência, preciso do IBAN do destinatário.
Poderia informar o seu número de cliente, por favor?
Claro! Quantas pessoas serão?
Diga-me para que cidade o pacote deve ser enviado.
De qual fatura se trata?
Encontrei duas contas. De qual delas devo debitar o valor?
Só me falta o código postal para continuar.
Me informe a data que você prefere e eu faço a reserva.
Prefere janela ou corredor?
Antes de abrir o chamado, qual é a urgência do problema?
Sem o número do pedido não consigo consultar. Você o tem em mãos?
""",
        "refuse": """
Infelizmente não posso ajudar com isso.
Sinto muito, mas não me é possível cancelar voos.
Não disponho de nenhuma ferramenta para isso.
Isso está fora das minhas capacidades.
Não estou autorizado a dar conselhos médicos.
Lamento, mas não tenho permissão para conceder descontos.
Não tenho acesso a dados meteorológicos, desculpe.
De acordo com a nossa política, esta tarifa infelizmente não é reembolsável.
Só posso ajudar com perguntas sobre a sua conta.
Com as funções disponíveis isso não é possível.
Infelizmente não me é permitido alterar o endereço.
Não consigo atender a esse pedido. Quer que eu o transfira para um atendente?
""",
        "answer": """
A sua mesa para quatro pessoas está reservada para as 19h30.
A transferência de 250 euros foi feita. Posso ajudar em mais alguma coisa?
O pacote saiu hoje às 6h12 do armazém de Leipzig.
Amanhã fará sol, com máxima de 21 graus. Precisa de mais alguma coisa?
Não encontrei nenhum pedido com esse número.
De nada! Se tiver mais perguntas, estou à disposição.
A capital da Austrália é Camberra.
O chamado 8841 foi aberto e o técnico ligará até sexta-feira.
Infelizmente já não há lugares para hoje.
Pronto, o endereço foi alterado. Tenha um bom dia!
O voo custa 129 euros e a bagagem não está incluída.
Você tem duas faturas em aberto: uma de 40 euros e outra de 12 euros.
""",
    },
    "it": {
        "clarify": """
Per quale giorno devo prenotare il tavolo?
Per eseguire il bonifico mi serve l'IBAN del beneficiario.
Potrebbe comunicarmi il suo numero cliente, per favore?
Volentieri! Quante persone sarete?
Mi dica in quale città deve essere spedito il pacco.
Di quale fattura si tratta?
Ho trovato due conti. Da quale devo addebitare l'importo?
Mi manca solo il codice postale per continuare.
Indicami la data che preferisci e procedo con la prenotazione.
Preferisce il finestrino o il corridoio?
Prima di aprire il ticket, quanto è urgente il problema?
Senza il numero d'ordine non posso controllare. Ce l'ha a portata di mano?
""",
        "refuse": """
Purtroppo non posso aiutarla in questo.
Mi dispiace, ma non mi è possibile cancellare voli.
Non dispongo di alcuno strumento per farlo.
Questo va oltre le mie capacità.
Non sono autorizzato a dare consigli medici.
Temo di non avere il permesso di concedere sconti.
Non ho accesso ai dati meteo, mi spiace.
Secondo le nostre condizioni questa tariffa purtroppo non è rimborsabile.
Posso rispondere solo a domande sul suo conto.
Con le funzioni disponibili non è possibile.
Purtroppo non mi è consentito modificare l'indirizzo.
Non sono in grado di soddisfare questa richiesta. Vuole che la metta in contatto con un operatore?
""",
        "answer": """
Il suo tavolo per quattro persone è prenotato per le 19:30.
Il bonifico di 250 euro è stato eseguito. Posso aiutarla in altro?
Il pacco ha lasciato stamattina alle 6:12 il magazzino di Lipsia.
Domani sarà soleggiato con una massima di 21 gradi. Ha bisogno di altro?
Non ho trovato nessun ordine con questo numero.
Prego! Se ha altre domande, sono qui.
La capitale dell'Australia è Canberra.
Il ticket 8841 è stato creato e il tecnico chiamerà entro venerdì.
Purtroppo oggi non ci sono più posti liberi.
Fatto, l'indirizzo è stato modificato. Buona giornata!
Il volo costa 129 euro e il bagaglio non è incluso.
Ha due fatture in sospeso: una da 40 euro e una da 12 euro.
""",
    },
    "ja": {
        "clarify": """
何日のご予約でしょうか？
お振込みには受取人のIBANが必要です。教えていただけますか。
お客様番号をお知らせください。
かしこまりました。何名様でいらっしゃいますか？
お届け先の都市を教えてください。
どちらの請求書についてのお問い合わせでしょうか。
口座が二つ見つかりました。どちらから引き落としますか？
あとは郵便番号だけお教えいただければ手続きを進められます。
ご希望の日付をご入力ください。
窓側と通路側のどちらがよろしいですか？
チケットを作成する前に、緊急度をお聞かせください。
注文番号がないと確認できません。お手元にございますか？
""",
        "refuse": """
申し訳ございませんが、そのご依頼にはお応えできません。
恐れ入りますが、フライトのキャンセルは承ることができません。
そのための機能がございません。
それは私の対応範囲外です。
医療に関する助言はいたしかねます。
残念ながら、割引を適用する権限がありません。
天気のデータにはアクセスできません。
規定により、この運賃は払い戻しができません。申し訳ございません。
私がお手伝いできるのは口座に関するご質問のみです。
現在利用できるツールでは対応できません。
住所の変更は許可されておりません。
ご要望にはお応えできかねます。担当者におつなぎしましょうか？
""",
        "answer": """
4名様のお席を19時30分にご予約いたしました。
250ユーロの振込が完了しました。ほかにご用はございますか？
荷物は本日6時12分にライプツィヒの倉庫を出発しました。
明日は晴れで、最高気温は21度の予報です。
その番号の注文は見つかりませんでした。
どういたしまして。ご不明な点がございましたらいつでもお問い合わせください。
オーストラリアの首都はキャンベラです。
チケット8841を作成しました。金曜日までに担当者からご連絡いたします。
本日は空席がございません。
完了しました。住所は変更済みです。良い一日をお過ごしください。
フライトの料金は129ユーロで、手荷物は含まれていません。
未払いの請求書が二件あります。40ユーロと12ユーロです。
""",
    },
    "zh": {
        "clarify": """
请问您想预订哪一天的座位？
要办理转账，我还需要收款人的IBAN。
麻烦您提供一下客户编号。
好的！一共几位？
请告诉我包裹要寄到哪个城市。
您说的是哪一张发票呢？
我找到了两个账户，从哪个账户扣款？
只差邮政编码，提供后我就可以继续。
把您方便的日期发给我，我马上预订。
您要靠窗还是靠走道？
在创建工单之前，请说明一下问题的紧急程度。
没有订单号我无法查询，您手边有吗？
""",
        "refuse": """
很抱歉，我无法帮您处理这件事。
对不起，我没有办法取消航班。
我没有可以完成这项操作的工具。
这超出了我的能力范围。
我不能提供医疗建议。
抱歉，我没有权限给予折扣。
我无法访问天气数据。
根据规定，这种票价不予退款，非常抱歉。
我只能回答与您账户有关的问题。
现有的功能做不到这一点。
很遗憾，我不被允许修改地址。
我无法满足这个要求。需要我为您转接人工客服吗？
""",
        "answer": """
已为您预订四人桌，时间是19:30。
250欧元的转账已完成。还有什么可以帮您的吗？
包裹今天6点12分已离开莱比锡的仓库。
明天晴，最高气温21度。
没有找到这个编号的订单。
不客气！如有其他问题，请随时联系我。
澳大利亚的首都是堪培拉。
工单8841已创建，技术人员会在周五之前联系您。
今天已经没有空位了。
好了，地址已修改。祝您愉快！
机票价格是129欧元，不含行李。
您有两张未付的发票：一张40欧元，一张12欧元。
""",
    },
}

UNCOVERED: dict[str, str] = {
    "nl": """
Voor welke dag moet ik de tafel reserveren?
Het spijt me, maar ik kan u daar niet mee helpen.
Geef me alstublieft uw klantnummer.
Uw tafel voor vier personen is gereserveerd om half acht.
""",
    "sv": """
Vilken dag vill du boka bordet?
Tyvärr kan jag inte hjälpa dig med det.
Jag behöver ditt kundnummer för att kunna fortsätta.
Paketet lämnade lagret i morse.
""",
    "da": """
Hvilken dag skal jeg reservere bordet?
Beklager, men det kan jeg desværre ikke hjælpe med.
Jeg mangler kun dit postnummer.
Dit bord til fire personer er reserveret.
""",
    "no": """
Hvilken dag vil du bestille bord?
Dessverre kan jeg ikke hjelpe deg med det.
Kan du oppgi kundenummeret ditt?
Pakken forlot lageret i dag klokken seks.
""",
    "pl": """
Na jaki dzień mam zarezerwować stolik?
Niestety nie mogę w tym pomóc.
Prosze podac numer klienta.
Przelew na kwotę 250 euro został wykonany.
""",
    "cs": """
Na který den mám rezervovat stůl?
Bohužel vám s tím nemohu pomoci.
Prosím sdělte mi své zákaznické číslo.
Váš stůl pro čtyři osoby je rezervován.
""",
    "tr": """
Masayı hangi gün için ayırtayım?
Maalesef bu konuda size yardımcı olamıyorum.
Lütfen müşteri numaranızı verin.
Paket bu sabah depodan ayrıldı.
""",
    "ro": """
Pentru ce zi doriți să rezerv masa?
Din păcate nu vă pot ajuta cu asta.
Am nevoie de codul de client pentru a continua.
Coletul a plecat azi din depozit.
""",
    "id": """
Untuk hari apa meja ini harus saya pesan?
Maaf, saya tidak bisa membantu Anda dengan itu.
Mohon berikan nomor pelanggan Anda.
Paket sudah berangkat dari gudang pagi ini.
""",
    "vi": """
Bạn muốn đặt bàn vào ngày nào?
Rất tiếc, tôi không thể giúp bạn việc này.
Vui lòng cho biết mã khách hàng.
Gói hàng đã rời kho sáng nay.
""",
    "fi": """
Mille päivälle varaan pöydän?
Valitettavasti en voi auttaa siinä.
Tarvitsen vielä asiakasnumerosi.
Paketti lähti varastosta tänä aamuna.
""",
    "hu": """
Melyik napra foglaljam le az asztalt?
Sajnos ebben nem tudok segíteni.
Kérem, adja meg az ügyfélszámát.
A csomag ma reggel elhagyta a raktárt.
""",
    "ca": """
Per a quin dia vol que reservi la taula?
Ho sento, però no el puc ajudar amb això.
Necessito el seu número de client per continuar.
El paquet ha sortit avui del magatzem.
""",
    "gl": """
Para que día quere que reserve a mesa?
Síntoo, pero non podo axudarlle con iso.
Preciso o seu número de cliente para continuar.
O paquete saíu hoxe do almacén.
""",
    "hr": """
Za koji dan da rezerviram stol?
Nažalost, ne mogu vam pomoći s tim.
Molim vas, navedite svoj broj kupca.
Paket je jutros napustio skladište.
""",
    "sw": """
Ungependa nikuwekee meza siku gani?
Samahani, siwezi kukusaidia na hilo.
Tafadhali nipe nambari yako ya mteja.
Kifurushi kimeondoka ghalani leo asubuhi.
""",
    "tl": """
Anong araw ko ipapareserba ang mesa?
Paumanhin, hindi kita matutulungan diyan.
Pakibigay ang iyong numero ng kustomer.
Umalis na ang pakete sa bodega kaninang umaga.
""",
    "ru": """
На какой день забронировать столик?
К сожалению, я не могу вам с этим помочь.
Назовите, пожалуйста, ваш номер клиента.
Посылка сегодня утром покинула склад.
""",
    "uk": """
На який день забронювати столик?
На жаль, я не можу вам із цим допомогти.
Посилка сьогодні вранці залишила склад.
""",
    "ko": """
며칠로 테이블을 예약할까요?
죄송하지만 도와드릴 수 없습니다.
고객 번호를 알려 주세요.
소포가 오늘 아침 창고를 떠났습니다.
""",
    "ar": """
لأي يوم تريد أن أحجز الطاولة؟
عذرًا، لا أستطيع مساعدتك في ذلك.
غادر الطرد المستودع هذا الصباح.
""",
    "el": """
Για ποια ημέρα να κρατήσω το τραπέζι;
Λυπάμαι, αλλά δεν μπορώ να σας βοηθήσω.
Το δέμα έφυγε σήμερα από την αποθήκη.
""",
    "hi": """
मेज़ किस दिन के लिए बुक करूँ?
क्षमा करें, मैं इसमें आपकी मदद नहीं कर सकता।
पार्सल आज सुबह गोदाम से निकल गया।
""",
    "th": """
ต้องการจองโต๊ะวันไหนคะ
ขออภัย ฉันไม่สามารถช่วยเรื่องนี้ได้
พัสดุออกจากคลังสินค้าเมื่อเช้านี้
""",
    "he": """
לאיזה יום להזמין את השולחן?
מצטער, איני יכול לעזור בכך.
החבילה יצאה מהמחסן הבוקר.
""",
}
"""Replies in languages that no rule covers: of these none may be labelled without a person."""
